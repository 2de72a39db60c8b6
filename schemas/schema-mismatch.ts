import type { TypeNode } from './avro-types.ts'

/** The writer's schema cannot be read as the reader's. */
export class SchemaMismatch extends Error {
  override name = 'SchemaMismatch'
}

export function mismatch(writer: TypeNode, reader: TypeNode): SchemaMismatch {
  return new SchemaMismatch(`${nameOf(writer)} cannot be read as ${nameOf(reader)}`)
}

/** True when the writer's name, without its name space, is the reader's or one of its aliases. */
export function hasName(reader: TypeNode, writer: TypeNode): boolean {
  const name = unqualified(writer.name ?? '')
  return [reader.name ?? '', ...(reader.aliases ?? [])].some((other) => unqualified(other) === name)
}

/** @throws {SchemaMismatch} a field of the reader has no default and the writer has it not */
export function refuseMissing(writer: TypeNode, reader: TypeNode): void {
  const written = new Set(writer.fields.map((field) => field.name))
  for (const field of reader.fields) {
    if (!written.has(field.name) && field.defaultValue() === undefined) {
      throw new SchemaMismatch(`${nameOf(writer)} has no field ${field.name}`)
    }
  }
}

export function nameOf(type: TypeNode): string {
  return type.name ?? type.typeName
}

function unqualified(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
