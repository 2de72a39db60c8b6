import type {
  Broker,
  PartitionOffset,
  TopicDescription,
  TopicPartition,
} from '../../broker/port.ts'
import { nameOf, offsetsByName, type OffsetRange } from '../committed-records.ts'
import { RuntimeConfigError } from '../errors.ts'

/** Where a range begins or ends in each input partition. */
export type RangeBound =
  | { readonly at: 'earliest' }
  | { readonly at: 'latest' }
  | { readonly at: 'time'; readonly timestampMs: number }
  /** The same offset in every partition. */
  | { readonly at: 'offset'; readonly offset: number }
  /** Partitions that are not named are as if no bound was given. */
  | { readonly at: 'offsets'; readonly offsets: readonly PartitionOffset[] }

export interface RangeBounds {
  /** @default earliest */
  readonly from: RangeBound
  /** @default latest */
  readonly to: RangeBound
}

/**
 * The range of each input partition; `latest` is what is committed now.
 *
 * Compacted inputs are tables: their early records stand for all that they replaced, so they are
 * read from the beginning whatever `from` says, and to the end unless `to` is a time; an offset
 * for them has to name them.
 * @throws {RuntimeConfigError} an offset names no input partition
 */
export async function resolveRanges(
  broker: Broker,
  inputs: readonly TopicDescription[],
  { from, to }: RangeBounds,
): Promise<OffsetRange[]> {
  const partitions = inputs.flatMap(({ name, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
  )
  requireInputs([from, to], partitions)
  const starts = offsetsByName(await broker.listOffsets(partitions, 'earliest'))
  const ends = offsetsByName(await broker.listOffsets(partitions, 'latest', 'read_committed'))
  const fromOffsets = await offsetsOf(broker, partitions, from, { starts, ends }, starts)
  const toOffsets = await offsetsOf(broker, partitions, to, { starts, ends }, ends)
  const tables = new Set(
    inputs.filter(({ config }) => config.cleanupPolicy !== 'delete').map(({ name }) => name),
  )
  return partitions.map((at) => {
    const name = nameOf(at)
    const start = starts.get(name)!
    const end = ends.get(name)!
    const isTable = tables.has(at.topic)
    const keepsFrom = isTable && from.at !== 'offsets'
    const keepsTo = isTable && to.at !== 'offsets' && to.at !== 'time'
    const last = clamp(keepsTo ? end : toOffsets.get(name)!, start, end)
    return { ...at, from: clamp(keepsFrom ? start : fromOffsets.get(name)!, start, last), to: last }
  })
}

interface LogEnds {
  readonly starts: ReadonlyMap<string, number>
  readonly ends: ReadonlyMap<string, number>
}

async function offsetsOf(
  broker: Broker,
  partitions: readonly TopicPartition[],
  bound: RangeBound,
  { starts, ends }: LogEnds,
  unnamed: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  switch (bound.at) {
    case 'earliest':
      return starts
    case 'latest':
      return ends
    case 'time': {
      const { timestampMs } = bound
      return offsetsByName(await broker.listOffsets(partitions, { timestampMs }))
    }
    case 'offset':
      return new Map(partitions.map((at) => [nameOf(at), bound.offset]))
    case 'offsets':
      return new Map([...unnamed, ...offsetsByName(bound.offsets)])
  }
}

function requireInputs(bounds: readonly RangeBound[], partitions: readonly TopicPartition[]): void {
  const known = new Set(partitions.map(nameOf))
  const named = bounds.flatMap((bound) => (bound.at === 'offsets' ? bound.offsets : []))
  const unknown = named.filter((at) => !known.has(nameOf(at)))
  if (unknown.length === 0) return
  const topics = [...new Set(partitions.map(({ topic }) => topic))].join(', ')
  throw new RuntimeConfigError(
    `no input partition: ${unknown.map(nameOf).join(', ')}; inputs are ${topics}`,
  )
}

function clamp(offset: number, low: number, high: number): number {
  return Math.min(Math.max(offset, low), high)
}
