import { valueToJson } from './observed-value.ts'
import type { RecordName, RecordTypes } from './record-types.ts'
import type { DeadLetter, Observation, StateChanged, Value } from './records.ts'

/** A record as plain JSON data: lists and objects as themselves, bytes as base64. */
export type JsonRecord = Readonly<Record<string, unknown>>

export function toJson<K extends RecordName>(name: K, record: RecordTypes[K]): JsonRecord {
  switch (name) {
    case 'observation':
    case 'identity-observation': {
      const { value } = record as Observation
      return isPlain(value)
        ? (record as unknown as JsonRecord)
        : { ...record, value: valueToJson(value) }
    }
    case 'state-changed': {
      const { current_value } = record as StateChanged
      return isPlain(current_value)
        ? (record as unknown as JsonRecord)
        : { ...record, current_value: valueToJson(current_value) }
    }
    case 'dead-letter': {
      const { key, value } = record as DeadLetter
      return {
        ...record,
        key: key?.toString('base64') ?? null,
        value: value?.toString('base64') ?? null,
      }
    }
    default:
      return record as unknown as JsonRecord
  }
}

function isPlain(value: Value): boolean {
  return value === null || typeof value !== 'object'
}
