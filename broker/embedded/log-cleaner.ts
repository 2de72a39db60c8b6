import type { Clock } from '../clock.ts'
import { retainRecords } from '../record-batch/retain-records.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import { KeyOffsetTable } from './key-offset-table.ts'
import type { LogReader } from './log-reader.ts'
import type { PartitionLog } from './partition-log.ts'
import { encodeRow, type SegmentRow } from './rows.ts'
import type { Segment } from './segment-index.ts'
import type { WriteQueue } from './write-queue.ts'

export interface LogCleanerOptions {
  readonly reader: LogReader
  readonly writes: WriteQueue
  readonly clock: Clock
  readonly segmentBytes: number
  /** How long a tombstone stays after its append. */
  readonly deleteRetentionMs: number
  /** Memory of a pass for keys and their newest offsets, give or take a segment's. */
  readonly tableBytesMax: number
  readonly randomSeed: () => number
}

/** A batch's row after compaction; null: it goes. */
interface Rewrite {
  readonly batch: RecordBatch
  readonly buffer: Buffer | null
}

/**
 * Compacts a log: of each key, the newest record stays.
 *
 * ```
 * start        cleaned offset              end of the pass           LSO
 *   | clean: a key once | dirty: read into a table | not touched       |
 * ```
 *
 * L1. A pass reads the dirty part into a table of newest offsets, then rewrites all segments from
 *     the start to the end of the pass, oldest first, one database batch a segment. A crash leaves
 *     a prefix rewritten, which is correct, and the next pass does the rest.
 * L2. Only closed segments below the last stable offset: verdicts there are known, so aborted
 *     records and all markers go too; readers here filter by the abort index, not by markers.
 * L3. Offsets, timestamps and the span of a batch stay; a batch without records goes.
 * L4. A tombstone stays `deleteRetentionMs` after its append, so that a reader which saw the older
 *     value has time to see it go.
 * L5. The last segment's row stays even when empty: it holds the end of the log.
 *
 * Source: Kafka's LogCleaner; KIP-354, KIP-534 for tombstones.
 */
export class LogCleaner {
  readonly #options: LogCleanerOptions

  constructor(options: LogCleanerOptions) {
    this.#options = options
  }

  /** Bytes that a pass would read into its table. */
  dirtyBytes(log: PartitionLog): number {
    return this.#cleanable(log)
      .filter(({ lastOffset }) => lastOffset >= log.cleanedOffset)
      .reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0)
  }

  /**
   * Runs one pass; it may end early when keys outgrow the table, and the next one goes on.
   *
   * @param pause awaited after each segment, so that a pass never holds up the log
   * @returns false when there was nothing to do, or `pause` said to stop
   */
  async clean(log: PartitionLog, pause: () => Promise<'go on' | 'stop'>): Promise<boolean> {
    const { tableBytesMax, randomSeed } = this.#options
    const table = new KeyOffsetTable(tableBytesMax, randomSeed())
    let end = log.cleanedOffset
    for (const segment of this.#cleanable(log)) {
      if (segment.lastOffset < log.cleanedOffset) continue
      // Always one segment at least, or a pass would never get on.
      if (table.isFull) break
      await this.#tabulate(log, segment, table)
      end = segment.lastOffset + 1
      if ((await pause()) === 'stop') return false
    }
    if (end === log.cleanedOffset) return false
    let previous: Segment | null = null
    for (const segment of this.#cleanable(log)) {
      if (segment.lastOffset >= end) break
      previous = await this.#rewrite(log, segment, previous, table)
      if ((await pause()) === 'stop') return false
    }
    if (log.isDeleted) return false
    // Memory still has the batches as they were.
    log.forgetBefore(end)
    log.cleanedOffset = Math.max(log.cleanedOffset, end)
    log.aborts.dropBefore(end)
    await this.#options.writes.enqueue((batch) => {
      if (log.isDeleted) return
      const { gte, lt } = log.keys.between('A', 0, end)
      batch.deleteRange(gte, lt)
      log.saveState(batch)
    })
    return true
  }

  #cleanable(log: PartitionLog): Segment[] {
    return log.segments.closed.filter(({ lastOffset }) => lastOffset < log.lastStableOffset)
  }

  async #tabulate(log: PartitionLog, segment: Segment, table: KeyOffsetTable): Promise<void> {
    for await (const batch of this.#batches(log, segment)) {
      if (batch.isControl || log.aborts.covers(batch)) continue
      batch.forEach((record) => {
        if (record.keyStart >= 0) table.put(record)
      })
    }
  }

  async #rewrite(
    log: PartitionLog,
    segment: Segment,
    previous: Segment | null,
    table: KeyOffsetTable,
  ): Promise<Segment | null> {
    const { clock, deleteRetentionMs, writes } = this.#options
    const keepsTombstones = clock.now() - segment.appendedAtMs <= deleteRetentionMs
    const rewrites: Rewrite[] = []
    let sizeBytes = 0
    for await (const batch of this.#batches(log, segment)) {
      const buffer = this.#retained(log, batch, table, keepsTombstones)
      if (buffer !== batch.buffer) rewrites.push({ batch, buffer })
      sizeBytes += buffer?.length ?? 0
    }
    let left: Segment | null = null
    await writes.enqueue((into) => {
      if (log.isDeleted || !log.segments.has(segment)) return
      for (const { batch, buffer } of rewrites) {
        const key = log.keys.at('B', batch.baseOffset)
        if (buffer === null) into.delete(key)
        // Cut off meanwhile: its row is gone and must not return.
        else if (batch.lastOffset >= log.logStartOffset) into.put(key, buffer)
      }
      left = this.#joined(log, { ...segment, sizeBytes }, previous)
      const first = left.baseOffset === segment.baseOffset ? segment : previous!
      log.segments.replace(first, segment, left)
      if (first !== segment) into.delete(log.keys.at('S', segment.baseOffset))
      const { baseOffset, ...row } = left
      into.put(log.keys.at('S', baseOffset), encodeRow(row satisfies SegmentRow))
    })
    return left
  }

  /** Small neighbours become one, or the index would grow with all that was ever appended. */
  #joined(log: PartitionLog, segment: Segment, previous: Segment | null): Segment {
    if (previous === null || !log.segments.has(previous)) return segment
    if (previous.sizeBytes + segment.sizeBytes > this.#options.segmentBytes) return segment
    return {
      baseOffset: previous.baseOffset,
      lastOffset: segment.lastOffset,
      maxTimestampMs: Math.max(previous.maxTimestampMs, segment.maxTimestampMs),
      sizeBytes: previous.sizeBytes + segment.sizeBytes,
      appendedAtMs: Math.max(previous.appendedAtMs, segment.appendedAtMs),
    }
  }

  #retained(
    log: PartitionLog,
    batch: RecordBatch,
    table: KeyOffsetTable,
    keepsTombstones: boolean,
  ): Buffer | null {
    if (batch.isControl || log.aborts.covers(batch)) return null
    return retainRecords(batch, (record) => {
      if (record.keyStart < 0) return true
      if (table.newestOffset(record) > record.offset) return false
      return record.valueStart >= 0 || keepsTombstones
    })
  }

  async *#batches(log: PartitionLog, segment: Segment): AsyncGenerator<RecordBatch> {
    const { reader, segmentBytes } = this.#options
    const { baseOffset, lastOffset } = segment
    for await (const batches of reader.scan(log, baseOffset, lastOffset + 1, segmentBytes)) {
      yield* batches
    }
  }
}
