import avro from 'avsc'
import { type AvroRecordSchema, currentSchema } from './schema-files.ts'
import type { RecordName, ViewName } from './record-types.ts'

/**
 * Parses a schema from its JSON form. Records come out without methods of avsc's own, and every
 * parse has a name space of its own, so that schemas may share names (`JsonObject`).
 */
export function avroType(schema: object): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema, { omitRecordMethods: true })
}

/**
 * A type of avsc as a node to walk: which members are set depends on `typeName`, as in avsc's own
 * documentation. Its declarations give classes that no value is an instance of.
 */
export interface TypeNode {
  readonly typeName: string
  readonly name: string | undefined
  /** Of a record. */
  readonly fields: readonly {
    readonly name: string
    readonly type: TypeNode
    defaultValue(): unknown
  }[]
  /** Of a union. */
  readonly types: readonly TypeNode[]
  /** Of an array. */
  readonly itemsType: TypeNode
  /** Of a map. */
  readonly valuesType: TypeNode
  /** Of an enumeration. */
  readonly symbols: readonly string[]
  /** Of a fixed, bytes. */
  readonly size: number
}

export function nodeOf(type: avro.Type): TypeNode {
  return type as unknown as TypeNode
}

/** Same canonical form (what documentation and aliases say does not count). */
export function sameSchema(a: object, b: object): boolean {
  return avroType(a).equals(avroType(b))
}

export interface View {
  readonly record: RecordName
  /** Fields read; the others are skipped, their texts never made. */
  readonly fields: readonly string[]
}

/**
 * Projections. Besides the fields of the view each reads the numbers that validation needs: they
 * cost next to nothing, and a record is valid or not whichever format it came in.
 */
const PROJECTIONS: Readonly<Partial<Record<ViewName, View>>> = {
  'observation-view': {
    record: 'observation',
    fields: [
      'attacker_uuid',
      'id',
      'v',
      'ts',
      'primitive',
      'value',
      'confidence',
      'window',
      'evidence_ref',
    ],
  },
  'identity-observation-view': {
    record: 'identity-observation',
    fields: ['identity_uuid', 'attacker_uuid', 'v', 'ts', 'primitive', 'value', 'confidence'],
  },
}

export function viewOf(name: ViewName): View {
  const projection = PROJECTIONS[name]
  if (projection !== undefined) return projection
  const record = name as RecordName
  return { record, fields: currentSchema(record).schema.fields.map((field) => field.name) }
}

/** The schema that reads a view: the record's, without the fields that are not read. */
export function readerSchema(name: ViewName): AvroRecordSchema {
  const { record, fields } = viewOf(name)
  const { schema } = currentSchema(record)
  return { ...schema, fields: schema.fields.filter((field) => fields.includes(field.name)) }
}
