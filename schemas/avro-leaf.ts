import type { AvroCursor } from './avro-cursor.ts'
import { limitedLength } from './avro-skip.ts'
import type { TypeNode } from './avro-types.ts'
import { DeserializationError } from './errors.ts'
import { hasName, mismatch } from './schema-mismatch.ts'
import type { TextLimit } from './text-limits.ts'
import { utf8Slice } from './utf8-slice.ts'

/** Reads one value of a writer's type as one of a reader's. */
export type Step = (cursor: AvroCursor) => unknown

const INT_BYTES_MAX = 5
const LONG_BYTES_MAX = 10

export function text(field: string, limit?: TextLimit): Step {
  return (cursor) => {
    const length = limitedLength(cursor, field, limit)
    const start = cursor.position
    cursor.skip(field, length)
    return utf8Slice(cursor.buffer, start, start + length)
  }
}

export function bytes(field: string): Step {
  return (cursor) => {
    const length = cursor.length(field)
    const start = cursor.position
    cursor.skip(field, length)
    return Buffer.from(cursor.buffer.subarray(start, start + length))
  }
}

export function symbol(field: string, writer: TypeNode, reader: TypeNode): Step {
  if (writer.typeName !== 'enum' || !hasName(reader, writer)) throw mismatch(writer, reader)
  const { symbols } = writer
  return (cursor) => {
    const name = symbols[cursor.index(field, symbols.length)]!
    if (reader.symbols.includes(name)) return name
    throw new DeserializationError(field, `one of ${reader.symbols.join(', ')}`, name)
  }
}

/** Numbers widen as the specification lists: int → long, float, double; float → double. */
export function primitive(field: string, writer: TypeNode, reader: TypeNode): Step {
  switch (`${writer.typeName} as ${reader.typeName}`) {
    case 'null as null':
      return () => null
    case 'boolean as boolean':
      return (cursor) => cursor.boolean(field)
    case 'int as int':
    case 'int as long':
    case 'int as double':
      return (cursor) => cursor.long(field, INT_BYTES_MAX)
    case 'long as long':
      return (cursor) => cursor.safeLong(field)
    case 'long as double':
      return (cursor) => cursor.long(field, LONG_BYTES_MAX)
    case 'float as double':
      return (cursor) => cursor.float(field)
    case 'double as double':
      return (cursor) => cursor.double(field)
    default:
      throw mismatch(writer, reader)
  }
}

/** Text and bytes have the same encoding and may be read as each other. */
export function isText(type: TypeNode): boolean {
  return type.typeName === 'string' || type.typeName === 'bytes'
}
