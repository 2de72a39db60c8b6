import type { DatabaseBatch } from '../../state/task-database.ts'
import type { Isolation, TopicConfig, TopicPartition } from '../port.ts'
import { setBaseOffset, setLogAppendTime } from '../record-batch/batch-header.ts'
import { RecordBatch } from '../record-batch/record-batch.ts'
import type { AbortIndex } from './abort-index.ts'
import type { LogTail, TailEntry, TailOwner } from './log-tail.ts'
import { ProducerSequences } from './producer-sequences.ts'
import { LogKeys } from './row-keys.ts'
import { encodeRow, type PartitionRow, type SegmentRow } from './rows.ts'
import type { SegmentIndex } from './segment-index.ts'
import { TailWindow } from './tail-window.ts'

/** What recovery found of a partition. */
export interface RecoveredLog {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly cleanedOffset: number
  readonly segments: SegmentIndex
  readonly aborts: AbortIndex
}

export interface LogPlace extends TopicPartition {
  readonly topicNumber: number
  readonly config: Required<TopicConfig>
}

/**
 * The log of one partition: offsets, what of it is visible to whom, and its newest batches.
 *
 * ```
 *   start         memory start        LSO              high watermark        end
 *     |  on disk       |  in memory    |  + undecided        |  + not yet on disk
 * ```
 *
 * P1. An offset is given once, in the order of `append`, before anything reaches the disk.
 * P2. The high watermark stops before the first batch whose producer waits for the disk. Records
 *     of an open transaction are visible to read_uncommitted at once: nothing about them was
 *     promised, and a crash aborts them.
 * P3. The last stable offset stops before the first open transaction too; it moves past one only
 *     when its verdict is on disk.
 */
export class PartitionLog implements TailOwner, TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly config: Required<TopicConfig>
  readonly topicNumber: number
  readonly keys: LogKeys
  readonly segments: SegmentIndex
  readonly aborts: AbortIndex
  readonly sequences = new ProducerSequences()
  /** Everything before it was compacted. */
  cleanedOffset: number
  isDeleted = false
  readonly #tail: LogTail
  readonly #window: TailWindow
  #startOffset: number
  #endOffset: number
  /** Base offsets of batches on their way to the disk. */
  #writing: number[] = []
  /** First offsets of open transactions by producer; ascending, for P1 gives them in order. */
  readonly #open = new Map<bigint, number>()
  readonly #listeners = new Set<() => void>()

  constructor(place: LogPlace, tail: LogTail, recovered: RecoveredLog) {
    this.topic = place.topic
    this.partition = place.partition
    this.config = place.config
    this.topicNumber = place.topicNumber
    this.keys = new LogKeys(place.topicNumber, place.partition)
    this.segments = recovered.segments
    this.aborts = recovered.aborts
    this.cleanedOffset = recovered.cleanedOffset
    this.#tail = tail
    this.#window = new TailWindow(recovered.logEndOffset)
    this.#startOffset = recovered.logStartOffset
    this.#endOffset = recovered.logEndOffset
  }

  get logStartOffset(): number {
    return this.#startOffset
  }

  get logEndOffset(): number {
    return this.#endOffset
  }

  get highWatermark(): number {
    return this.#writing[0] ?? this.#endOffset
  }

  get lastStableOffset(): number {
    for (const firstOffset of this.#open.values()) {
      return Math.min(firstOffset, this.highWatermark)
    }
    return this.highWatermark
  }

  /** Readers of this isolation see offsets below it. */
  visibleEnd(isolation: Isolation): number {
    return isolation === 'read_committed' ? this.lastStableOffset : this.highWatermark
  }

  /** The newest batches; what lies before its start must be read from the disk. */
  get window(): TailWindow {
    return this.#window
  }

  /** Appends a batch that the caller writes now: visible once {@link written}. */
  append(bytes: Buffer, nowMs: number): TailEntry {
    this.#writing.push(this.#endOffset)
    return this.#append(bytes, nowMs, null)
  }

  /** Appends data of an open transaction, which is written with its end or by `spill`. */
  appendOpen(bytes: Buffer, nowMs: number, producerId: bigint, spill: () => void): TailEntry {
    if (!this.#open.has(producerId)) this.#open.set(producerId, this.#endOffset)
    const entry = this.#append(bytes, nowMs, spill)
    this.notify()
    return entry
  }

  /** Marks a transaction that an earlier process left open, so that it can be aborted. */
  reopen(producerId: bigint, firstOffset: number): void {
    this.#open.set(producerId, firstOffset)
  }

  /** The disk has this batch; batches given to `append` are told in the order of appending. */
  written(entry: TailEntry): void {
    entry.isWritten = true
    if (this.#writing[0] === entry.batch.baseOffset) this.#writing.shift()
  }

  /** The verdict on a transaction is on disk. */
  decided(producerId: bigint): void {
    this.#open.delete(producerId)
  }

  /** Puts a batch's row, unless its records were deleted meanwhile. */
  put(into: DatabaseBatch, { batch }: TailEntry): void {
    if (this.isDeleted || batch.lastOffset < this.#startOffset) return
    into.put(this.keys.at('B', batch.baseOffset), batch.buffer)
    this.saveSegments(into)
  }

  saveSegments(into: DatabaseBatch): void {
    for (const { baseOffset, ...row } of this.segments.takeUnsaved()) {
      if (row.lastOffset < this.#startOffset) continue
      into.put(this.keys.at('S', baseOffset), encodeRow(row satisfies SegmentRow))
    }
  }

  saveState(into: DatabaseBatch): void {
    const row: PartitionRow = {
      logStartOffset: this.#startOffset,
      cleanedOffset: this.cleanedOffset,
    }
    into.put(this.keys.partition, encodeRow(row))
  }

  /** Forgets records before `offset`; the caller deletes their rows. */
  raiseStart(offset: number): void {
    this.#startOffset = offset
    this.cleanedOffset = Math.max(this.cleanedOffset, offset)
    this.notify()
  }

  /** Gives back the memory of written batches before `offset`: readers find them on disk. */
  forgetBefore(offset: number): void {
    for (const entry of this.#window.clearBefore(offset)) this.#tail.drop(entry)
  }

  /** Ends the log: readers are told, memory is given back. */
  delete(): void {
    this.isDeleted = true
    for (const entry of this.#window.clear()) this.#tail.drop(entry)
    this.notify()
  }

  evict(entry: TailEntry): void {
    this.#window.evict(entry)
  }

  /** Runs `listener` whenever the log grows, becomes visible, starts later or ends. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  notify(): void {
    for (const listener of this.#listeners) listener()
  }

  #append(bytes: Buffer, nowMs: number, spill: (() => void) | null): TailEntry {
    setBaseOffset(bytes, this.#endOffset)
    if (this.config.timestampType === 'log-append-time') setLogAppendTime(bytes, nowMs)
    const batch = new RecordBatch(bytes)
    const entry = { batch, owner: this, isWritten: false, isDropped: false, spill }
    this.#endOffset = batch.lastOffset + 1
    this.segments.add(batch, nowMs)
    this.#window.push(entry)
    this.#tail.add(entry)
    return entry
  }
}
