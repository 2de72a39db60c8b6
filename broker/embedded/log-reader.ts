import type { TaskDatabase } from '../../state/task-database.ts'
import { CorruptBatchError } from '../errors.ts'
import {
  HEADER_BYTES,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  checksumHolds,
} from '../record-batch/batch-header.ts'
import { RecordBatch } from '../record-batch/record-batch.ts'
import type { PartitionLog } from './partition-log.ts'
import { offsetOfKey } from './row-keys.ts'

/**
 * Reads batches of a log at a position, from memory or from the disk.
 *
 * R1. The first batch is always given whole, whatever `bytesMax`: a reader cannot get stuck.
 * R2. Batches from the disk are checksummed; those in memory never left it.
 * R3. One disk read stays within one segment, which bounds its bytes without knowing the batches.
 */
export class LogReader {
  readonly #database: TaskDatabase

  constructor(database: TaskDatabase) {
    this.#database = database
  }

  /**
   * Batches with records in position ≤ offset < end; a promise when the disk must be asked. Empty:
   * there is none up to `end`.
   *
   * @param isAligned no batch that begins before `position` reaches it: spares a look-up
   * @throws {CorruptBatchError} a row is damaged
   */
  read(
    log: PartitionLog,
    position: number,
    end: number,
    bytesMax: number,
    isAligned: boolean,
  ): RecordBatch[] | Promise<RecordBatch[]> {
    if (position >= log.window.startOffset) return log.window.read(position, end, bytesMax)
    return this.#readDisk(log, position, end, bytesMax, isAligned)
  }

  /** All batches with records in from ≤ offset < to, in stretches of about `bytesMax`. */
  async *scan(
    log: PartitionLog,
    from: number,
    to: number,
    bytesMax: number,
  ): AsyncGenerator<readonly RecordBatch[], void, undefined> {
    let position = from
    let isAligned = false
    while (position < to) {
      const batches = await this.read(log, position, to, bytesMax, isAligned)
      if (batches.length === 0) return
      yield batches
      position = batches.at(-1)!.lastOffset + 1
      isAligned = true
    }
  }

  async #readDisk(
    log: PartitionLog,
    start: number,
    end: number,
    bytesMax: number,
    startIsAligned: boolean,
  ): Promise<RecordBatch[]> {
    let position = start
    let isAligned = startIsAligned
    while (position < end) {
      // Asked anew in each round: what leaves memory meanwhile is on disk by then.
      const memoryStart = log.window.startOffset
      if (position >= memoryStart) break
      const segment = log.segments.at(position)
      if (segment === null) {
        position = memoryStart
        continue
      }
      const from = Math.max(position, segment.baseOffset)
      const to = Math.min(end, memoryStart, segment.lastOffset + 1)
      const lookBack = isAligned || from > position ? from : segment.baseOffset
      const batches = await this.#rows(log, lookBack, from, to, bytesMax)
      if (batches.length > 0) return batches
      position = to
      isAligned = true
    }
    return log.window.read(position, end, bytesMax)
  }

  /** Batches of from ≤ base offset < to, after the one that begins at `lookBack` or later and
   * reaches `from`. */
  async #rows(
    log: PartitionLog,
    lookBack: number,
    from: number,
    to: number,
    bytesMax: number,
  ): Promise<RecordBatch[]> {
    const batches: RecordBatch[] = []
    let sizeBytes = 0
    if (lookBack < from) {
      const before = log.keys.between('B', lookBack, from)
      const options = { reverse: true, limit: 1 }
      for await (const page of this.#database.range(before.gte, before.lt, options)) {
        const [key, value] = page[0]!
        if (value.length >= HEADER_BYTES && new RecordBatch(value).lastOffset < from) break
        sizeBytes = value.length
        batches.push(checkedBatch(key, value))
      }
    }
    const { gte, lt } = log.keys.between('B', from, to)
    for await (const page of this.#database.range(gte, lt)) {
      for (const [key, value] of page) {
        sizeBytes += value.length
        if (sizeBytes > bytesMax && batches.length > 0) return batches
        batches.push(checkedBatch(key, value))
      }
    }
    return batches
  }
}

/** @throws {CorruptBatchError} the row is not the batch its key names */
export function checkedBatch(key: string, value: Buffer): RecordBatch {
  const offset = offsetOfKey(key)
  if (
    value.length < HEADER_BYTES ||
    value.readInt32BE(LENGTH_AT) + LENGTH_OVERHEAD !== value.length
  ) {
    throw new CorruptBatchError(offset, `length ${value.length}`)
  }
  if (!checksumHolds(value)) throw new CorruptBatchError(offset, 'checksum')
  const batch = new RecordBatch(value)
  if (batch.baseOffset !== offset) throw new CorruptBatchError(offset, `is ${batch.baseOffset}`)
  return batch
}
