import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  LENGTH_OVERHEAD,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  CONTROL_BIT,
  TRANSACTIONAL_BIT,
  sealChecksum,
  setBaseOffset,
  writeInt64,
} from './batch-header.ts'
import { sharedBuffers } from '../../bytes/buffer-pool.ts'
import { codecOf, compressionNumber, type Compression } from './compression/compression.ts'
import type { RecordHeader } from './record.ts'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint.ts'

/** A point to roll back to; made by {@link BatchBuilder.mark}. */
export interface BatchMark {
  readonly position: number
  readonly count: number
  readonly maxTimestampMs: number
}

export interface BatchBuilderOptions {
  /** The buffer's first size, at least; it doubles as it fills. @default 4096 */
  readonly initialBytes?: number
}

/** Who sends a batch, and where it stands in that producer's sequence. */
export interface BatchProducer {
  /** −1: no idempotence. */
  readonly producerId: bigint
  readonly producerEpoch: number
  /** Counts records per partition from 0; wraps after 2^31 − 1. */
  readonly baseSequence: number
  readonly isTransactional: boolean
  /** A marker rather than data. @default false */
  readonly isControl?: boolean
}

/** In place of a buffer that was given back. */
const SPENT = Buffer.alloc(0)
const NO_HEADERS: readonly RecordHeader[] = []

/** Beyond a record's own bytes: length, attributes, time and offset deltas, three lengths. */
const RECORD_OVERHEAD_MAX = 5 + 1 + 8 + 5 + 5 + 5 + 5

/** Below this a loop copies faster than a call into native code. */
const LOOP_COPY_BYTES_MAX = 48

/**
 * Builds a v2 record batch by appending records to one growing buffer.
 *
 * Key and value are copied at once. Base offset 0; producer id, epoch, sequence and CRC are set
 * by whoever sends it.
 *
 * B1. Spent by `finish`: a later `append` throws. The batch has memory of its own, no larger than it
 *     is, for it may stay long in the tail of a log; what it was built in is used again.
 */
export class BatchBuilder {
  #buffer: Buffer
  #position = HEADER_BYTES
  #count = 0
  #baseTimestampMs = 0
  #maxTimestampMs = 0
  #isSpent = false

  constructor(options: BatchBuilderOptions = {}) {
    const initialBytes = Math.max(options.initialBytes ?? 4096, HEADER_BYTES)
    this.#buffer = sharedBuffers.take(initialBytes)
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of the batch so far, header included. */
  get sizeBytes(): number {
    return this.#position
  }

  /** @throws {RangeError} the timestamp is not a safe integer ≥ −1, or the builder is spent */
  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: readonly RecordHeader[] = NO_HEADERS,
  ): void {
    if (this.#isSpent) throw new RangeError('append to a spent batch builder')
    if (!(timestampMs >= -1 && timestampMs <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`timestamp ${timestampMs} is not a time in milliseconds`)
    }
    if (this.#count === 0) {
      this.#baseTimestampMs = timestampMs
      this.#maxTimestampMs = timestampMs
    } else if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs

    const delta = timestampMs - this.#baseTimestampMs
    const keyLength = key === null ? -1 : key.length
    const valueLength = value === null ? -1 : value.length
    const length =
      1 +
      varlongBytes(delta) +
      varintBytes(this.#count) +
      varintBytes(keyLength) +
      (keyLength > 0 ? keyLength : 0) +
      varintBytes(valueLength) +
      (valueLength > 0 ? valueLength : 0) +
      headersBytes(headers)
    if (this.#position + length + RECORD_OVERHEAD_MAX > this.#buffer.length) this.#grow(length)

    const buffer = this.#buffer
    let at = writeVarint(buffer, length, this.#position)
    buffer[at++] = 0
    at = writeVarlong(buffer, delta, at)
    at = writeVarint(buffer, this.#count, at)
    at = writeVarint(buffer, keyLength, at)
    if (key !== null) at = copyBytes(key, buffer, at)
    at = writeVarint(buffer, valueLength, at)
    if (value !== null) at = copyBytes(value, buffer, at)
    this.#position =
      headers.length === 0 ? writeVarint(buffer, 0, at) : writeHeaders(buffer, headers, at)
    this.#count++
  }

  mark(): BatchMark {
    return {
      position: this.#position,
      count: this.#count,
      maxTimestampMs: this.#maxTimestampMs,
    }
  }

  /** Drops every record appended since `mark`. */
  rollback(mark: BatchMark): void {
    this.#position = mark.position
    this.#count = mark.count
    this.#maxTimestampMs = mark.maxTimestampMs
  }

  /**
   * Writes the header and checksum and hands over the batch.
   *
   * @param compression of the records; none when absent
   * @throws {RangeError} no record was appended, or the builder is spent
   * @throws {MissingCodecError} the codec is not installed (see requireCompression)
   */
  finish(producer: BatchProducer, compression?: Compression): Buffer {
    if (this.#isSpent) throw new RangeError('finish of a spent batch builder')
    if (this.#count === 0) throw new RangeError('a batch holds at least one record')
    this.#isSpent = true
    const batch = this.#batch(compression)
    sharedBuffers.give(this.#buffer)
    this.#buffer = SPENT
    setBaseOffset(batch, 0)
    batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, LENGTH_AT)
    batch.writeInt32BE(-1, LEADER_EPOCH_AT)
    batch[MAGIC_AT] = MAGIC_V2
    const attributes =
      (producer.isTransactional ? TRANSACTIONAL_BIT : 0) |
      (producer.isControl === true ? CONTROL_BIT : 0) |
      (compression === undefined ? 0 : compressionNumber(compression))
    batch.writeInt16BE(attributes, ATTRIBUTES_AT)
    batch.writeInt32BE(this.#count - 1, LAST_OFFSET_DELTA_AT)
    writeInt64(batch, this.#baseTimestampMs, BASE_TIMESTAMP_AT)
    writeInt64(batch, this.#maxTimestampMs, MAX_TIMESTAMP_AT)
    batch.writeBigInt64BE(producer.producerId, PRODUCER_ID_AT)
    batch.writeInt16BE(producer.producerEpoch, PRODUCER_EPOCH_AT)
    batch.writeInt32BE(producer.baseSequence, BASE_SEQUENCE_AT)
    batch.writeInt32BE(this.#count, RECORD_COUNT_AT)
    sealChecksum(batch)
    return batch
  }

  /** Room for the header, then the records. */
  #batch(compression: Compression | undefined): Buffer {
    const records = this.#buffer.subarray(HEADER_BYTES, this.#position)
    const bytes = compression === undefined ? records : codecOf(compression).compress(records)
    const batch = Buffer.allocUnsafeSlow(HEADER_BYTES + bytes.length)
    bytes.copy(batch, HEADER_BYTES)
    return batch
  }

  #grow(recordBytes: number): void {
    const needed = this.#position + recordBytes + RECORD_OVERHEAD_MAX
    const grown = sharedBuffers.take(Math.max(this.#buffer.length * 2, needed))
    this.#buffer.copy(grown, 0, 0, this.#position)
    sharedBuffers.give(this.#buffer)
    this.#buffer = grown
  }
}

function copyBytes(source: Uint8Array, target: Buffer, at: number): number {
  const { length } = source
  if (length <= LOOP_COPY_BYTES_MAX) {
    for (let i = 0; i < length; i++) target[at + i] = source[i]!
  } else target.set(source, at)
  return at + length
}

function headersBytes(headers: readonly RecordHeader[]): number {
  let bytes = varintBytes(headers.length)
  for (const { key, value } of headers) {
    const keyLength = Buffer.byteLength(key)
    bytes += varintBytes(keyLength) + keyLength
    bytes += value === null ? 1 : varintBytes(value.length) + value.length
  }
  return bytes
}

function writeHeaders(buffer: Buffer, headers: readonly RecordHeader[], start: number): number {
  let at = writeVarint(buffer, headers.length, start)
  for (const { key, value } of headers) {
    at = writeVarint(buffer, Buffer.byteLength(key), at)
    at += buffer.write(key, at)
    at = writeVarint(buffer, value === null ? -1 : value.length, at)
    if (value !== null) at = copyBytes(value, buffer, at)
  }
  return at
}
