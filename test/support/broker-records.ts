import { randomUUID } from 'node:crypto'
import type {
  Ack,
  Broker,
  Isolation,
  Producer,
  TopicPartition,
  Transaction,
} from '../../broker/port.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import type { RecordBatch } from '../../broker/record-batch/record-batch.ts'
import { rawKey, rawValue, readHeaders } from '../../broker/record-batch/record-fields.ts'
import type { RecordHeader } from '../../broker/record-batch/record.ts'

export interface TextRecord {
  readonly key?: string | null
  readonly value?: string | null
  readonly timestampMs?: number
  readonly headers?: readonly RecordHeader[]
}

export interface ReadRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly headers: readonly RecordHeader[]
}

export const TIME_MS = 1_700_000_000_000

/** A legal topic or group name that nobody used before. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID()}`
}

export function batchOf(records: readonly TextRecord[]): BatchBuilder {
  const builder = new BatchBuilder()
  for (const { key = 'k', value = 'v', timestampMs = TIME_MS, headers = [] } of records) {
    builder.append(bytes(key), bytes(value), timestampMs, headers)
  }
  return builder
}

/** A batch of one record a value. */
export function valuesBatch(...values: string[]): BatchBuilder {
  return batchOf(values.map((value) => ({ value })))
}

/** Sends values to one partition; @returns the ack */
export async function sendValues(
  sender: Producer | Transaction,
  topic: string,
  values: readonly string[],
  partition = 0,
): Promise<Ack> {
  const [ack] = await sender.send([{ topic, partition, records: valuesBatch(...values) }])
  return ack!
}

export function recordsOfBatches(batches: readonly RecordBatch[]): ReadRecord[] {
  const records: ReadRecord[] = []
  for (const batch of batches) {
    batch.forEach((raw) => {
      records.push({
        offset: raw.offset,
        key: rawKey(raw)?.toString() ?? null,
        value: rawValue(raw)?.toString() ?? null,
        timestampMs: raw.timestampMs,
        headers: readHeaders(raw),
      })
    })
  }
  return records
}

export interface ReadOptions {
  readonly isolation?: Isolation
  /** @default the log's start */
  readonly from?: number
  readonly partitionBytesMax?: number
}

/** Everything that a reader of this isolation may see now, up to the end as it is now. */
export async function readAll(
  broker: Broker,
  at: TopicPartition,
  options: ReadOptions = {},
): Promise<ReadRecord[]> {
  const { isolation = 'read_committed', partitionBytesMax } = options
  const [end] = await broker.listOffsets([at], 'latest', isolation)
  const [start] = await broker.listOffsets([at], 'earliest', isolation)
  const fetcher = broker.fetcher({
    isolation,
    ...(partitionBytesMax === undefined ? {} : { partitionBytesMax }),
  })
  const records: ReadRecord[] = []
  let position = options.from ?? start!.offset
  fetcher.assign([{ ...at, offset: position }])
  try {
    while (position < end!.offset) {
      const { fetched, outOfRange } = await fetcher.poll(5000)
      if (outOfRange.length > 0) throw new Error(`out of range: ${JSON.stringify(outOfRange)}`)
      for (const stretch of fetched) {
        records.push(...recordsOfBatches(stretch.batches))
        position = stretch.nextOffset
      }
    }
  } finally {
    await fetcher.close()
  }
  return records
}

export async function readValues(
  broker: Broker,
  topic: string,
  options: ReadOptions & { readonly partition?: number } = {},
): Promise<(string | null)[]> {
  const at = { topic, partition: options.partition ?? 0 }
  return (await readAll(broker, at, options)).map(({ value }) => value)
}

/** Asks again until `holds`, for what a broker does in its own time. */
export async function eventually(holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function bytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text)
}
