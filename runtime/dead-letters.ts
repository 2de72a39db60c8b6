import type { RawRecord } from '../broker/port.ts'
import { readHeaders } from '../broker/record-batch/record-fields.ts'
import type { RecordHeader } from '../broker/record-batch/record.ts'
import { ProcessingError } from '../topology/errors.ts'
import { isCarried } from './dlq/dead-letter-headers.ts'
import { BATCH_BYTES_MAX } from './internal-topics.ts'
import type { OutputCollector } from './output-collector.ts'

const MESSAGE_CHARS_MAX = 1000
/** What is left of a batch once headers have their room. */
const VALUE_BYTES_MAX = BATCH_BYTES_MAX - 64 * 1024
const KEY_BYTES_MAX = 16 * 1024
const CARRIED_BYTES_MAX = 16 * 1024

/**
 * Sends records that cannot be processed to the application's dead-letter topic, in the same
 * transaction as everything else of their batch (KIP-1034).
 *
 * Key, value and headers are the original bytes; where the record came from and why it failed is
 * in the headers `dlq.topic`, `dlq.partition`, `dlq.offset`, `dlq.timestamp`, `dlq.error.class`,
 * `dlq.error.code`, `dlq.error.message`, `dlq.task`. Bytes that no batch can hold beside these are
 * cut, and `dlq.truncated` says how long key, value and headers were: the record itself stays in
 * its topic. What reads them is in dlq/.
 */
export class DeadLetters {
  readonly #collector: OutputCollector
  readonly #topic: string
  readonly #taskId: string
  #count = 0

  constructor(collector: OutputCollector, topic: string, taskId: string) {
    this.#collector = collector
    this.#topic = topic
    this.#taskId = taskId
  }

  get count(): number {
    return this.#count
  }

  send(topic: string, partition: number, raw: RawRecord, error: unknown): void {
    this.#count++
    const { name, code, message } = failureOf(error)
    const key = bytesOf(raw.buffer, raw.keyStart, raw.keyEnd)
    const value = bytesOf(raw.buffer, raw.valueStart, raw.valueEnd)
    const headers: [string, string | number][] = [
      ['dlq.topic', topic],
      ['dlq.partition', partition],
      ['dlq.offset', raw.offset],
      ['dlq.timestamp', raw.timestampMs],
      ['dlq.error.class', name],
      ['dlq.error.code', code],
      ['dlq.error.message', message.slice(0, MESSAGE_CHARS_MAX)],
      ['dlq.task', this.#taskId],
    ]
    const keyBytes = key?.length ?? 0
    const valueBytes = value?.length ?? 0
    const carried = readHeaders(raw).filter(isCarried)
    const carriedBytes = bytesOfHeaders(carried)
    const isCarryable = carriedBytes <= CARRIED_BYTES_MAX
    if (keyBytes > KEY_BYTES_MAX || valueBytes > VALUE_BYTES_MAX || !isCarryable) {
      const sizes = `key ${keyBytes}, value ${valueBytes}, headers ${carriedBytes} bytes`
      headers.push(['dlq.truncated', sizes])
    }
    const own = headers.map(([header, text]) => ({ key: header, value: Buffer.from(String(text)) }))
    this.#collector.sendRaw(
      this.#topic,
      0,
      key?.subarray(0, KEY_BYTES_MAX) ?? null,
      value?.subarray(0, VALUE_BYTES_MAX) ?? null,
      raw.timestampMs,
      isCarryable ? [...own, ...carried] : own,
    )
  }
}

function bytesOfHeaders(headers: readonly RecordHeader[]): number {
  return headers.reduce(
    (bytes, { key, value }) => bytes + Buffer.byteLength(key) + (value?.length ?? 0),
    0,
  )
}

function bytesOf(buffer: Buffer, start: number, end: number): Buffer | null {
  return start < 0 ? null : buffer.subarray(start, end)
}

/** What went wrong, not which node met it: the cause inside a processing error. */
function failureOf(error: unknown): { name: string; code: string; message: string } {
  const root = error instanceof ProcessingError ? (error.cause ?? error) : error
  if (!(root instanceof Error)) return { name: 'Error', code: 'UNKNOWN', message: String(root) }
  const { code } = root as { code?: unknown }
  const message = error instanceof Error ? error.message : root.message
  return { name: root.name, code: typeof code === 'string' ? code : 'UNKNOWN', message }
}
