import { CorruptBatchError } from '../errors.ts'
import type { RawRecord, RecordHeader } from './record.ts'
import { VarintCursor } from './varint.ts'

const cursor = new VarintCursor()

/** The key as a view of the batch's buffer; null: the record has none. */
export function rawKey(record: RawRecord): Buffer | null {
  if (record.keyStart < 0) return null
  return record.buffer.subarray(record.keyStart, record.keyEnd)
}

/** The value as a view of the batch's buffer; null: a tombstone. */
export function rawValue(record: RawRecord): Buffer | null {
  if (record.valueStart < 0) return null
  return record.buffer.subarray(record.valueStart, record.valueEnd)
}

/**
 * Reads a record's headers; values are views of the batch's buffer.
 *
 * @throws {CorruptBatchError} a length runs beyond the batch
 */
export function readHeaders(record: RawRecord): RecordHeader[] {
  const { buffer } = record
  cursor.position = record.headersStart
  const count = cursor.varint(buffer)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const keyEnd = rangeEnd(record, cursor.varint(buffer))
    const key = buffer.toString('utf8', cursor.position, keyEnd)
    cursor.position = keyEnd
    const valueLength = cursor.varint(buffer)
    const valueEnd = rangeEnd(record, Math.max(valueLength, 0))
    const value = valueLength < 0 ? null : buffer.subarray(cursor.position, valueEnd)
    cursor.position = valueEnd
    headers.push({ key, value })
  }
  return headers
}

function rangeEnd(record: RawRecord, length: number): number {
  const end = cursor.position + length
  if (length < 0 || end > record.buffer.length) {
    throw new CorruptBatchError(record.offset, 'a header runs beyond the batch')
  }
  return end
}
