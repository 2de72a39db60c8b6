import avro from 'avsc'

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
  readonly aliases: readonly string[] | undefined
  /** Of a record. */
  readonly fields: readonly {
    readonly name: string
    readonly type: TypeNode
    defaultValue(): unknown
  }[]
  /** Of a record: its class, called with the values of the fields in order. */
  readonly recordConstructor: new (...values: readonly unknown[]) => object
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
