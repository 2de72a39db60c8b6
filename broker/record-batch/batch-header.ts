/**
 * The 61-byte header of a record batch of format v2, big endian.
 *
 * ```
 *  0 base offset i64 · 8 length after this field i32 · 12 leader epoch i32 · 16 magic i8 = 2
 * 17 crc u32 (CRC-32C of everything from 21) · 21 attributes i16 · 23 last offset delta i32
 * 27 base timestamp i64 · 35 max timestamp i64 · 43 producer id i64 · 51 producer epoch i16
 * 53 base sequence i32 · 57 record count i32 · 61 records
 * ```
 *
 * H1. The base offset and leader epoch lie before the checksummed part: assigning offsets does
 *     not touch the checksum.
 *
 * Source: KIP-98, Kafka's "Message Format" documentation.
 */
import { crc32c } from './crc32c.ts'

export const HEADER_BYTES = 61
export const LENGTH_AT = 8
/** Bytes of a batch that its length field does not count. */
export const LENGTH_OVERHEAD = 12
export const LEADER_EPOCH_AT = 12
export const MAGIC_AT = 16
export const CRC_AT = 17
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const RECORD_COUNT_AT = 57

export const MAGIC_V2 = 2

export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME_BIT = 0x08
export const TRANSACTIONAL_BIT = 0x10
export const CONTROL_BIT = 0x20

const TWO_32 = 0x1_0000_0000

/** Reads a signed 64-bit integer that is known to be a safe integer. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4)
}

/** Writes a safe integer as a signed 64-bit integer. */
export function writeInt64(buffer: Buffer, value: number, at: number): void {
  buffer.writeInt32BE(Math.floor(value / TWO_32), at)
  buffer.writeUInt32BE(value >>> 0, at + 4)
}

/** Gives the first record its offset; the others follow by their deltas. */
export function setBaseOffset(batch: Buffer, baseOffset: number): void {
  writeInt64(batch, baseOffset, 0)
}

/** Stamps every record of a batch with the broker's clock, and checksums it anew. */
export function setLogAppendTime(batch: Buffer, timestampMs: number): void {
  batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES_AT) | LOG_APPEND_TIME_BIT, ATTRIBUTES_AT)
  writeInt64(batch, timestampMs, MAX_TIMESTAMP_AT)
  sealChecksum(batch)
}

export function sealChecksum(batch: Buffer): void {
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES_AT), CRC_AT)
}

export function checksumHolds(batch: Buffer): boolean {
  return crc32c(batch, ATTRIBUTES_AT) === batch.readUInt32BE(CRC_AT)
}
