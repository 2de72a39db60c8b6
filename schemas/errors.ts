/**
 * Errors of records and their schemas, classed by who must act. `code` is stable; messages are
 * not. A message names the field, what was expected and what came, shortened and escaped, so that
 * hostile text can neither fill nor forge a log.
 */
export abstract class SchemaError extends Error {
  abstract readonly code: string
  override name = this.constructor.name
}

/** The record cannot be read: it goes to the dead letters, the rest goes on. */
export class DeserializationError extends SchemaError {
  readonly code: string = 'DESERIALIZATION'
  /** Path of the field, as `window.end_ts`; empty: the record as a whole. */
  readonly field: string
  readonly expected: string
  readonly received: string

  constructor(field: string, expected: string, received: string, cause?: unknown) {
    super(
      `${field === '' ? 'record' : `field ${field}`}: expected ${expected}, received ${received}`,
      cause === undefined ? undefined : { cause },
    )
    this.field = field
    this.expected = expected
    this.received = received
  }
}

/**
 * The writer's schema is not known here (yet): where schemas come from a registry, load the id
 * with `registry.resolve` and read again; otherwise as {@link DeserializationError}.
 */
export class UnknownSchemaIdError extends DeserializationError {
  override readonly code = 'UNKNOWN_SCHEMA_ID'
  readonly schemaId: number

  constructor(schemaId: number) {
    super('', 'a schema id that the registry knows', `id ${schemaId}`)
    this.schemaId = schemaId
  }
}

/** A value does not fit its schema: a fault of the program or of what it was given to say. */
export class SerializationError extends SchemaError {
  readonly code = 'SERIALIZATION'
}

/** The registry refused a schema, or what was asked of it: an operator must act. */
export class SchemaRegistryError extends SchemaError {
  readonly code: string = 'SCHEMA_REGISTRY'
}

/** Records of the schema cannot be read beside those of the subject before: fails at start. */
export class SchemaIncompatibleError extends SchemaRegistryError {
  override readonly code = 'SCHEMA_INCOMPATIBLE'
}

/** No answer from the registry, or one that passes: ask again later. */
export class SchemaRegistryUnavailableError extends SchemaRegistryError {
  override readonly code = 'SCHEMA_REGISTRY_UNAVAILABLE'
}
