/**
 * Confluent's wire format: one byte 0, the schema's id as 4 bytes big endian, then Avro.
 *
 * Inputs may also be JSON, told apart by the first byte: JSON text of a record starts with `{`, or
 * with white space before it, never with 0.
 */
import type { RawRecord } from '../broker/record-batch/record.ts'

export const MAGIC_BYTE = 0
export const HEADER_BYTES = 5

/** The schema id before a record's value; undefined: the value is not Avro in this framing. */
export function schemaIdOf(raw: RawRecord): number | undefined {
  const { buffer, valueStart, valueEnd } = raw
  if (valueStart < 0 || valueEnd - valueStart < HEADER_BYTES) return undefined
  if (buffer[valueStart] !== MAGIC_BYTE) return undefined
  return readSchemaId(buffer, valueStart)
}

/** Reads the id of a frame that starts at `start` and is long enough. */
export function readSchemaId(buffer: Buffer, start: number): number {
  return (
    buffer[start + 1]! * 0x1000000 +
    ((buffer[start + 2]! << 16) | (buffer[start + 3]! << 8) | buffer[start + 4]!)
  )
}

export function writeHeader(buffer: Buffer, schemaId: number): void {
  buffer[0] = MAGIC_BYTE
  buffer.writeUInt32BE(schemaId, 1)
}
