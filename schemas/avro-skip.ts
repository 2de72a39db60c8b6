import type { AvroCursor } from './avro-cursor.ts'
import type { TypeNode } from './avro-types.ts'
import { DeserializationError } from './errors.ts'
import type { TextLimit } from './text-limits.ts'

/** Passes one value of a writer's type, with every check of avro-decoder.ts, and makes nothing. */
export type Skip = (cursor: AvroCursor) => void

export class SkipCompiler {
  /** Records by type, because a schema may refer to itself. */
  private readonly records = new Map<TypeNode, Skip>()

  skip(type: TypeNode, field: string, limit?: TextLimit): Skip {
    switch (type.typeName) {
      case 'null':
        return () => undefined
      case 'boolean':
        return (cursor) => void cursor.boolean(field)
      case 'int':
        return (cursor) => cursor.skipVarint(field, 5)
      case 'long':
        return (cursor) => cursor.skipVarint(field, 10)
      case 'float':
        return (cursor) => cursor.skip(field, 4)
      case 'double':
        return (cursor) => cursor.skip(field, 8)
      case 'bytes':
      case 'string':
        return (cursor) => cursor.skip(field, limitedLength(cursor, field, limit))
      case 'fixed':
        return (cursor) => cursor.skip(field, type.size)
      case 'enum':
        return (cursor) => void cursor.index(field, type.symbols.length)
      case 'array':
        return blocks(field, this.skip(type.itemsType, field))
      case 'map':
        return this.map(type.valuesType, field)
      case 'record':
      case 'error':
        return this.records.get(type) ?? this.record(type)
      case 'union:unwrapped':
      case 'union:wrapped':
        return this.union(type.types, field, limit)
      default:
        throw new TypeError(`type ${type.typeName} of field ${field} is not supported`)
    }
  }

  private record(type: TypeNode): Skip {
    const steps: Skip[] = []
    const skip: Skip = (cursor) => {
      cursor.enter()
      for (let i = 0; i < steps.length; i++) steps[i]!(cursor)
      cursor.leave()
    }
    this.records.set(type, skip)
    for (const field of type.fields) steps.push(this.skip(field.type, field.name))
    return skip
  }

  private union(types: readonly TypeNode[], field: string, limit?: TextLimit): Skip {
    const branches = types.map((type) => this.skip(type, field, limit))
    return (cursor) => branches[cursor.index(field, branches.length)]!(cursor)
  }

  private map(values: TypeNode, field: string): Skip {
    const value = this.skip(values, field)
    return blocks(field, (cursor) => {
      cursor.skip(field, cursor.length(field))
      value(cursor)
    })
  }
}

/** Length of a text, bytes; checked against the limit of its field. */
export function limitedLength(cursor: AvroCursor, field: string, limit?: TextLimit): number {
  const length = cursor.length(field)
  if (limit !== undefined && (length < limit.bytesMin || length > limit.bytesMax)) {
    const { bytesMin, bytesMax } = limit
    throw new DeserializationError(field, `${bytesMin} to ${bytesMax} bytes`, `${length} bytes`)
  }
  return length
}

/** Runs `item` for every item of a list or map. */
export function blocks(field: string, item: Skip): Skip {
  return (cursor) => {
    cursor.enter()
    for (let count = cursor.blockCount(field); count > 0; count = cursor.blockCount(field)) {
      const { blockEnd } = cursor
      for (let i = 0; i < count; i++) item(cursor)
      cursor.checkBlockEnd(field, blockEnd)
    }
    cursor.leave()
  }
}
