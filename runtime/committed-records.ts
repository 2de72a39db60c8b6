import type { Broker, RawRecord, TopicPartition } from '../broker/port.ts'
import { InputLostError } from './errors.ts'

/** A stretch of a partition: from ≤ offset < to. */
export interface OffsetRange extends TopicPartition {
  readonly from: number
  readonly to: number
}

/** Records of one partition, in offset order. */
export interface CommittedRecords extends TopicPartition {
  readonly records: readonly RawRecord[]
}

const POLL_WAIT_MS = 500

/**
 * The committed records of some ranges, each partition in offset order, a fetch at a time.
 *
 * Ends when every range is read: a transaction that is open inside a range is waited for.
 * @throws {InputLostError} a range begins before its log does
 */
export async function* committedRecords(
  broker: Broker,
  ranges: readonly OffsetRange[],
): AsyncGenerator<CommittedRecords, void, undefined> {
  const ends = new Map<string, number>()
  for (const range of ranges) if (range.from < range.to) ends.set(nameOf(range), range.to)
  if (ends.size === 0) return
  const fetcher = broker.fetcher({ isolation: 'read_committed' })
  fetcher.assign(
    ranges
      .filter(({ from, to }) => from < to)
      .map(({ topic, partition, from }) => ({ topic, partition, offset: from })),
  )
  try {
    while (ends.size > 0) {
      const { fetched, outOfRange } = await fetcher.poll(POLL_WAIT_MS)
      for (const { topic, partition, offset, logStartOffset } of outOfRange) {
        throw new InputLostError(
          `${topic}-${partition}: offset ${offset} is gone, its log starts at ${logStartOffset}`,
        )
      }
      for (const stretch of fetched) {
        const end = ends.get(nameOf(stretch))
        if (end === undefined) continue
        const records: RawRecord[] = []
        for (const batch of stretch.batches) {
          batch.forEach((record) => {
            if (record.offset < end) records.push(record)
          })
        }
        if (stretch.nextOffset >= end) {
          ends.delete(nameOf(stretch))
          fetcher.unassign([stretch])
        }
        const { topic, partition } = stretch
        if (records.length > 0) yield { topic, partition, records }
      }
    }
  } finally {
    await fetcher.close()
  }
}

/** Everything that topics hold now; topics that do not exist are left out. */
export async function wholeTopics(
  broker: Broker,
  topics: readonly string[],
): Promise<OffsetRange[]> {
  const described = await broker.describeTopics(topics)
  const partitions = described.flatMap(({ name, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
  )
  const starts = offsetsByName(await broker.listOffsets(partitions, 'earliest'))
  const ends = offsetsByName(await broker.listOffsets(partitions, 'latest'))
  return partitions.map((at) => ({
    ...at,
    from: starts.get(nameOf(at))!,
    to: ends.get(nameOf(at))!,
  }))
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** Offsets by {@link nameOf}: answers of a broker have no promised order. */
export function offsetsByName(
  offsets: readonly (TopicPartition & { readonly offset: number })[],
): Map<string, number> {
  return new Map(offsets.map((at) => [nameOf(at), at.offset]))
}
