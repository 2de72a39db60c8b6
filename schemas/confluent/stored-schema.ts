/** A schema as the registry's API gives it. */
export interface StoredSchema {
  readonly schema?: unknown
  /** Absent: AVRO. */
  readonly schemaType?: unknown
  readonly references?: unknown
}

export interface SchemaReference {
  /** Full name of the type that the schema refers to. */
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** Types in types, in all: beyond it a schema is not read. */
const REFERENCES_MAX = 100

/**
 * The Avro schema of a registry's answer as parsed JSON.
 *
 * What is no Avro schema comes out as something that is none either: records that carry its id
 * then fail to decode, each with a message that names it, and go to the dead letters.
 */
export async function schemaOf(
  stored: StoredSchema,
  load: (reference: SchemaReference) => Promise<StoredSchema>,
): Promise<object> {
  const { schemaType } = stored
  if (typeof schemaType === 'string' && schemaType !== 'AVRO') return { type: schemaType }
  const definitions = new Map<string, unknown>()
  await collect(stored, load, definitions)
  const schema = parsed(stored)
  return asObject(definitions.size === 0 ? schema : withDefinitions(schema, definitions))
}

/** Referenced types by full name, each after those that it refers to itself. */
async function collect(
  stored: StoredSchema,
  load: (reference: SchemaReference) => Promise<StoredSchema>,
  definitions: Map<string, unknown>,
): Promise<void> {
  for (const reference of referencesOf(stored)) {
    if (definitions.has(reference.name) || definitions.size >= REFERENCES_MAX) continue
    const found = await load(reference)
    definitions.set(reference.name, parsed(found))
    await collect(found, load, definitions)
  }
}

function referencesOf({ references }: StoredSchema): SchemaReference[] {
  return Array.isArray(references) ? (references as SchemaReference[]) : []
}

/** Puts each definition where its name stands first, as one schema without references has it. */
function withDefinitions(schema: unknown, definitions: Map<string, unknown>): unknown {
  const left = new Map(definitions)
  const inline = (node: unknown, namespace: string): unknown => {
    if (typeof node === 'string') {
      const name = left.has(node) ? node : `${namespace}.${node}`
      const definition = left.get(name)
      if (definition === undefined) return node
      left.delete(name)
      return inline(definition, '')
    }
    if (Array.isArray(node)) return node.map((branch) => inline(branch, namespace))
    if (typeof node !== 'object' || node === null) return node
    const type = node as TypeNode
    const own = namespaceOf(type, namespace)
    const copy: Record<string, unknown> = { ...type }
    for (const key of ['type', 'items', 'values'] as const) {
      if (key in type) copy[key] = inline(type[key], own)
    }
    if (Array.isArray(type.fields)) copy['fields'] = type.fields.map((f) => inline(f, own))
    return copy
  }
  return inline(schema, '')
}

interface TypeNode {
  readonly name?: unknown
  readonly namespace?: unknown
  readonly type?: unknown
  readonly items?: unknown
  readonly values?: unknown
  readonly fields?: readonly unknown[]
}

function namespaceOf({ fields, name, namespace }: TypeNode, outer: string): string {
  if (fields === undefined) return outer
  if (typeof name === 'string' && name.includes('.')) return name.slice(0, name.lastIndexOf('.'))
  return typeof namespace === 'string' ? namespace : outer
}

function parsed({ schema }: StoredSchema): unknown {
  if (typeof schema !== 'string') return schema
  try {
    return JSON.parse(schema)
  } catch {
    return schema
  }
}

function asObject(schema: unknown): object {
  return typeof schema === 'object' && schema !== null ? schema : { type: schema }
}
