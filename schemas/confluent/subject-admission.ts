import { SchemaIncompatibleError, SchemaRegistryError } from '../errors.ts'
import type { RegistryClient } from './registry-client.ts'

/** What promises that a reader of the latest schema can read records of the one before. */
const SUFFICIENT: ReadonlySet<string> = new Set([
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
])

/**
 * Brings a schema under a subject.
 *
 * A1. The subject promises BACKWARD or more before anything is written to it. Without a promise of
 *     its own it is set to BACKWARD: the global default may be NONE, and may change later. NONE
 *     cannot be told from no promise on every registry, so it is set too; FORWARD was somebody's
 *     decision, and is refused.
 * A2. A schema that the subject has is not registered again, so credentials that may only read
 *     suffice where somebody else registers.
 *
 * @returns the schema's id
 * @throws {SchemaIncompatibleError} readers of the schema could not read what is there
 * @throws {SchemaRegistryError} the subject promises something else
 */
export async function admitSchema(
  client: RegistryClient,
  subject: string,
  schema: object,
): Promise<number> {
  await promiseBackward(client, subject)
  const known = await client.idUnder(subject, schema)
  if (known !== null) return known
  if (!(await client.isCompatible(subject, schema))) throw incompatible(subject)
  const id = await client.register(subject, schema)
  if (id === null) throw incompatible(subject)
  return id
}

async function promiseBackward(client: RegistryClient, subject: string): Promise<void> {
  const level = await client.compatibilityOf(subject)
  if (level !== null && SUFFICIENT.has(level)) return
  if (level !== null && level !== 'NONE') {
    throw new SchemaRegistryError(
      `the schema registry keeps subject ${subject} ${level}, which lets schemas in that break ` +
        `readers: set it to BACKWARD or FULL (PUT /config/${subject})`,
    )
  }
  await client.setCompatibility(subject, 'BACKWARD')
}

function incompatible(subject: string): SchemaIncompatibleError {
  return new SchemaIncompatibleError(
    `the schema of this version is not compatible (BACKWARD) with the latest one of subject ` +
      `${subject} in the schema registry: another program registered it. Write to another topic ` +
      `(see docs/schema-registry.md), or delete the subject if no records of it are left`,
  )
}
