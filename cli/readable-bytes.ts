import { isUtf8 } from 'node:buffer'
import { RecordReader } from '../schemas/deserializer.ts'
import type { RecordName } from '../schemas/record-types.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import { toJson } from '../schemas/to-json.ts'

/** Bytes of a record as people and programs can read them. */
export interface ReadableBytes {
  /** `json`: also what was Avro, when its schema is known. */
  readonly as: 'json' | 'text' | 'hex'
  readonly content: unknown
}

/**
 * @param record what the topic holds; null: unknown
 * @returns null for null
 */
export function readableBytes(
  bytes: Buffer | null,
  record: RecordName | null,
  registry: SchemaRegistry,
): ReadableBytes | null {
  if (bytes === null) return null
  const decoded = record === null ? undefined : decode(bytes, record, registry)
  if (decoded !== undefined) return { as: 'json', content: decoded }
  if (!isUtf8(bytes)) return { as: 'hex', content: bytes.toString('hex') }
  const text = bytes.toString('utf8')
  const parsed = parseObject(text)
  return parsed === undefined ? { as: 'text', content: text } : { as: 'json', content: parsed }
}

/** Undefined: it is no such record, which is often why it is a dead letter. */
function decode(bytes: Buffer, record: RecordName, registry: SchemaRegistry): unknown {
  try {
    const value = new RecordReader(record, registry).read(bytes, 0, bytes.length)
    return toJson(record, value)
  } catch {
    return undefined
  }
}

/** Only objects: of a key such as `12` the text is what it is. */
function parseObject(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
