import type { Broker, RawRecord } from '../../broker/port.ts'
import { rawKey, rawValue, readHeaders } from '../../broker/record-batch/record-fields.ts'

/** A committed record as an independent reader sees it. */
export interface LogRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: ReadonlyMap<string, string>
  readonly raw: RawRecord
}

/** Everything committed in a topic, per partition in offset order. */
export async function readTopic(broker: Broker, topic: string): Promise<LogRecord[][]> {
  const [description] = await broker.describeTopics([topic])
  const partitions = Array.from({ length: description?.partitions ?? 0 }, (_, partition) => ({
    topic,
    partition,
  }))
  const ends = await broker.listOffsets(partitions, 'latest', 'read_committed')
  const fetcher = broker.fetcher({ isolation: 'read_committed' })
  const records: LogRecord[][] = partitions.map(() => [])
  const positions = new Map<number, number>()
  fetcher.assign(await broker.listOffsets(partitions, 'earliest'))
  const isDone = () =>
    ends.every(({ partition, offset }) => offset === 0 || (positions.get(partition) ?? 0) >= offset)
  while (!isDone()) {
    const { fetched } = await fetcher.poll(0)
    for (const { partition, batches, nextOffset } of fetched) {
      positions.set(partition, nextOffset)
      for (const batch of batches) {
        batch.forEach((raw) => records[partition]!.push(logRecord(partition, raw)))
      }
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  await fetcher.close()
  return records
}

/** The newest value of each key: what compaction would leave, tombstones gone. */
export function compacted(records: readonly LogRecord[]): Map<string, Buffer> {
  const rows = new Map<string, Buffer>()
  for (const { raw, value } of records) {
    const key = rawKey(raw)!.toString('latin1')
    if (value === null) rows.delete(key)
    else rows.set(key, value)
  }
  return rows
}

function logRecord(partition: number, raw: RawRecord): LogRecord {
  return {
    partition,
    offset: raw.offset,
    key: rawKey(raw)?.toString() ?? null,
    value: rawValue(raw),
    headers: new Map(readHeaders(raw).map(({ key, value }) => [key, value?.toString() ?? ''])),
    raw,
  }
}
