import type { RawRecord } from '../broker/port.ts'
import type { OutputCollector } from './output-collector.ts'

const MESSAGE_CHARS_MAX = 1000

/**
 * Sends records that cannot be processed to the application's dead-letter topic, in the same
 * transaction as everything else of their batch (KIP-1034).
 *
 * Key and value are the original bytes; where the record came from and why it failed is in the
 * headers `dlq.topic`, `dlq.partition`, `dlq.offset`, `dlq.timestamp`, `dlq.error.class`,
 * `dlq.error.code`, `dlq.error.message`, `dlq.task`.
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
    const failure = rootOf(error)
    const text = (value: string | number) => Buffer.from(String(value))
    this.#collector.sendRaw(
      this.#topic,
      0,
      raw.keyStart < 0 ? null : raw.buffer.subarray(raw.keyStart, raw.keyEnd),
      raw.valueStart < 0 ? null : raw.buffer.subarray(raw.valueStart, raw.valueEnd),
      raw.timestampMs,
      [
        { key: 'dlq.topic', value: text(topic) },
        { key: 'dlq.partition', value: text(partition) },
        { key: 'dlq.offset', value: text(raw.offset) },
        { key: 'dlq.timestamp', value: text(raw.timestampMs) },
        { key: 'dlq.error.class', value: text(failure.name) },
        { key: 'dlq.error.code', value: text(failure.code) },
        { key: 'dlq.error.message', value: text(failure.message.slice(0, MESSAGE_CHARS_MAX)) },
        { key: 'dlq.task', value: text(this.#taskId) },
      ],
    )
  }
}

/** The innermost error with a code of its own says most; wrappers only name the node. */
function rootOf(error: unknown): { name: string; code: string; message: string } {
  if (!(error instanceof Error)) {
    return { name: 'Error', code: 'UNKNOWN', message: String(error) }
  }
  const code = (error as { code?: unknown }).code
  return {
    name: error.name,
    code: typeof code === 'string' ? code : 'UNKNOWN',
    message: error.message,
  }
}
