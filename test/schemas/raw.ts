import type { RawRecord } from '../../broker/record-batch/record.ts'

/** A source record with this value, lying in the middle of a larger buffer as in a batch. */
export function rawRecord(value: Uint8Array | string | null): RawRecord {
  const bytes =
    value === null
      ? Buffer.alloc(0)
      : typeof value === 'string'
        ? Buffer.from(value)
        : Buffer.from(value)
  const before = Buffer.from('batch {"before": 1}')
  const after = Buffer.from('{"after": 1}\u0002\u0002')
  return {
    buffer: Buffer.concat([before, bytes, after]),
    offset: 7,
    timestampMs: 1_714_000_000_000,
    keyStart: -1,
    keyEnd: -1,
    valueStart: value === null ? -1 : before.length,
    valueEnd: value === null ? -1 : before.length + bytes.length,
    headersStart: before.length + bytes.length,
  }
}
