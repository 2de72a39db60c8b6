import { CorruptBatchError } from '../errors.ts'
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  COMPRESSION_MASK,
  CONTROL_BIT,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  LOG_APPEND_TIME_BIT,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  TRANSACTIONAL_BIT,
  checksumHolds,
  readInt64,
} from './batch-header.ts'
import { inflateRecords } from './compression/inflate-records.ts'
import type { RawRecord } from './record.ts'
import { VarintCursor } from './varint.ts'

const cursor = new VarintCursor()

/** The records of a batch, uncompressed, from `start` to the end of `buffer`. */
export interface RecordSection {
  readonly buffer: Buffer
  readonly start: number
}

/**
 * A record batch of format v2 as it lies in the log.
 *
 * R1. Records are ranges of `buffer`: reading copies nothing and makes one object a record.
 *     Those of a compressed batch are ranges of what it was decompressed to, anew at each reading:
 *     nobody reads a batch twice, and keeping both forms would double its memory.
 * R2. `recordCount` may be less than `lastOffset − baseOffset + 1`, or 0: compaction leaves gaps.
 */
export class RecordBatch {
  /** The whole batch, header included. */
  readonly buffer: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  readonly #attributes: number
  /** Records before it are passed over by `forEach`. */
  readonly #fromOffset: number

  /** Reads the header; the checksum is the caller's (see {@link decodeBatches}). */
  constructor(buffer: Buffer, fromOffset = 0) {
    this.buffer = buffer
    this.baseOffset = readInt64(buffer, 0)
    this.lastOffset = this.baseOffset + buffer.readInt32BE(LAST_OFFSET_DELTA_AT)
    this.recordCount = buffer.readInt32BE(RECORD_COUNT_AT)
    this.baseTimestampMs = readInt64(buffer, BASE_TIMESTAMP_AT)
    this.maxTimestampMs = readInt64(buffer, MAX_TIMESTAMP_AT)
    this.#attributes = buffer.readInt16BE(ATTRIBUTES_AT)
    this.#fromOffset = fromOffset
  }

  /** True: every record's time is `maxTimestampMs`, the broker's clock at append. */
  get isLogAppendTime(): boolean {
    return (this.#attributes & LOG_APPEND_TIME_BIT) !== 0
  }

  get isTransactional(): boolean {
    return (this.#attributes & TRANSACTIONAL_BIT) !== 0
  }

  /** True: a commit or abort marker, no data (see control-record.ts). */
  get isControl(): boolean {
    return (this.#attributes & CONTROL_BIT) !== 0
  }

  /** −1: the producer is not idempotent. */
  get producerId(): bigint {
    return this.buffer.readBigInt64BE(PRODUCER_ID_AT)
  }

  get producerEpoch(): number {
    return this.buffer.readInt16BE(PRODUCER_EPOCH_AT)
  }

  get baseSequence(): number {
    return this.buffer.readInt32BE(BASE_SEQUENCE_AT)
  }

  /** The same batch seen from `offset` on: a fetch may start in the middle of one. */
  from(offset: number): RecordBatch {
    return offset <= this.baseOffset ? this : new RecordBatch(this.buffer, offset)
  }

  /**
   * Where the records lie, decompressed.
   *
   * @throws {UnsupportedCompressionError} see there
   * @throws {CorruptBatchError} the bytes are not of their codec
   */
  section(): RecordSection {
    const codec = this.#attributes & COMPRESSION_MASK
    if (codec === 0) return { buffer: this.buffer, start: HEADER_BYTES }
    const compressed = this.buffer.subarray(HEADER_BYTES)
    return { buffer: inflateRecords(codec, compressed, this.baseOffset), start: 0 }
  }

  /**
   * Calls `each` for every record in offset order; the record may be kept.
   *
   * @param section for who has asked for it already
   * @throws {UnsupportedCompressionError} see there
   * @throws {CorruptBatchError} a length does not fit the batch
   */
  forEach(each: (record: RawRecord) => void, section = this.section()): void {
    const { buffer, start } = section
    const { baseOffset, recordCount } = this
    const fromOffset = this.#fromOffset
    const fixedTimestampMs = this.isLogAppendTime ? this.maxTimestampMs : -1
    let next = start
    for (let i = 0; i < recordCount; i++) {
      cursor.position = next
      const length = cursor.varint(buffer)
      const end = cursor.position + length
      cursor.position++
      const timestampDelta = cursor.varlong(buffer)
      const offset = baseOffset + cursor.varint(buffer)
      const keyLength = cursor.varint(buffer)
      const keyStart = keyLength < 0 ? -1 : cursor.position
      const keyEnd = keyLength < 0 ? -1 : (cursor.position += keyLength)
      const valueLength = cursor.varint(buffer)
      const valueStart = valueLength < 0 ? -1 : cursor.position
      const valueEnd = valueLength < 0 ? -1 : (cursor.position += valueLength)
      // Negated, so that a NaN from a read beyond the buffer is caught too.
      if (!(length > 0 && end <= buffer.length && cursor.position < end)) {
        throw new CorruptBatchError(baseOffset, `record ${i} does not fit its length`)
      }
      next = end
      if (offset < fromOffset) continue
      each({
        buffer,
        offset,
        timestampMs:
          fixedTimestampMs >= 0 ? fixedTimestampMs : this.baseTimestampMs + timestampDelta,
        keyStart,
        keyEnd,
        valueStart,
        valueEnd,
        headersStart: cursor.position,
      })
    }
  }
}

/**
 * Splits fetched bytes into batches, in order, checking each one's checksum.
 *
 * A batch cut off at the end is dropped: brokers fill a fetch to the byte.
 *
 * @throws {CorruptBatchError} checksum, length or magic do not hold; batches before it were given
 */
export function* decodeBatches(buffer: Buffer): Generator<RecordBatch, void, undefined> {
  let start = 0
  while (start + HEADER_BYTES <= buffer.length) {
    const length = buffer.readInt32BE(start + LENGTH_AT) + LENGTH_OVERHEAD
    const baseOffset = readInt64(buffer, start)
    if (length < HEADER_BYTES) throw new CorruptBatchError(baseOffset, `length ${length}`)
    if (start + length > buffer.length) return
    const bytes = buffer.subarray(start, start + length)
    const magic = bytes[MAGIC_AT]!
    if (magic !== MAGIC_V2) throw new CorruptBatchError(baseOffset, `format ${magic}, not 2`)
    if (!checksumHolds(bytes)) throw new CorruptBatchError(baseOffset, 'checksum')
    yield new RecordBatch(bytes)
    start += length
  }
}
