import type { RawRecord, RecordBatch } from '../broker/port.ts'
import { LogEnds } from './log-ends.ts'

/**
 * The buffered records of one input partition, in offset order.
 *
 * Q1. `nextOffset` is where processing stands: the offset to commit once everything taken is
 *     done. It moves past control, aborted and compacted records, which have no record of their
 *     own, when the queue runs empty.
 * Q2. Batches stay encoded until their turn; only the batch at the head is unpacked.
 */
export class RecordQueue {
  readonly topic: string
  readonly partition: number
  readonly source: string
  readonly #ends = new LogEnds()
  #nextOffset: number
  /** Where the next fetch starts: everything before is buffered or done. */
  #fetchedTo: number
  #lastStableOffset = 0
  #batches: RecordBatch[] = []
  #head: RawRecord[] = []
  #cursor = 0
  #bufferedBytes = 0
  #appendTime = false

  constructor(topic: string, partition: number, source: string, offset: number) {
    this.topic = topic
    this.partition = partition
    this.source = source
    this.#nextOffset = offset
    this.#fetchedTo = offset
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  get fetchedTo(): number {
    return this.#fetchedTo
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  get isEmpty(): boolean {
    return this.#cursor >= this.#head.length && this.#batches.length === 0
  }

  /** True when the broker holds committed records that were not fetched yet. */
  get isBehindBroker(): boolean {
    return this.#fetchedTo < this.#lastStableOffset
  }

  /** Records (by offset) between the processing position and the end of the log. */
  get lag(): number {
    return Math.max(0, this.#lastStableOffset - this.#nextOffset)
  }

  /**
   * For how long the oldest record that is not processed has been in the log, in milliseconds.
   *
   * By the broker's stamp where records carry one, which counts on clocks that agree; else by when
   * the end of the log was seen (see LogEnds), since event time says nothing of waiting.
   */
  delayMs(nowMs: number): number {
    if (this.lag === 0) return 0
    const stampMs = this.#nextStampMs()
    if (stampMs === null) return this.#ends.ageMs(this.#nextOffset, nowMs)
    return Math.max(0, nowMs - stampMs)
  }

  /** True: record times of the head batch are the broker's clock at append. */
  get isAppendTime(): boolean {
    return this.#appendTime
  }

  /** @param nextOffset where the next fetch starts; what lies between has no record */
  add(batches: readonly RecordBatch[], nextOffset: number, lastStableOffset: number): void {
    for (const batch of batches) {
      this.#batches.push(batch)
      this.#bufferedBytes += batch.buffer.length
    }
    this.#fetchedTo = nextOffset
    this.#lastStableOffset = lastStableOffset
    if (this.isEmpty) this.#nextOffset = Math.max(this.#nextOffset, nextOffset)
  }

  /** The end of the log is at this moment where the last `add` said. */
  sawEnd(atMs: number): void {
    this.#ends.note(this.#lastStableOffset, atMs, this.#nextOffset)
  }

  /** The next record without taking it; undefined when the queue is empty. */
  peek(): RawRecord | undefined {
    while (this.#cursor >= this.#head.length) {
      if (this.#unpackNext()) continue
      this.#nextOffset = Math.max(this.#nextOffset, this.#fetchedTo)
      return undefined
    }
    return this.#head[this.#cursor]
  }

  take(): RawRecord | undefined {
    const record = this.peek()
    if (record === undefined) return undefined
    this.#cursor++
    this.#nextOffset = record.offset + 1
    if (this.isEmpty) this.#nextOffset = Math.max(this.#nextOffset, this.#fetchedTo)
    return record
  }

  /** Undoes the last `take`: the record is the next one again. */
  putBack({ offset }: RawRecord): void {
    this.#cursor--
    this.#nextOffset = offset
  }

  /** Records at hand behind the head, without taking them; those of later batches are not seen. */
  unpacked(): readonly RawRecord[] {
    return this.#head.slice(this.#cursor)
  }

  /** When the broker appended the next record; null: it did not say, or the record is not here. */
  #nextStampMs(): number | null {
    const record = this.#head[this.#cursor]
    if (record !== undefined) return this.#appendTime ? record.timestampMs : null
    const batch = this.#batches[0]
    return batch?.isLogAppendTime === true ? batch.maxTimestampMs : null
  }

  #unpackNext(): boolean {
    const batch = this.#batches.shift()
    if (batch === undefined) return false
    this.#bufferedBytes -= batch.buffer.length
    this.#appendTime = batch.isLogAppendTime
    this.#head = []
    this.#cursor = 0
    // A first fetch may start inside a batch: what lies before the position was done already.
    batch.forEach((record) => {
      if (record.offset >= this.#nextOffset) this.#head.push(record)
    })
    return true
  }
}
