import { InProcessRegistry } from '../schemas/in-process-registry.ts'
import type { RecordName } from '../schemas/record-types.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import { registerSchema } from '../schemas/serializer.ts'
import { PUBLIC_TOPICS } from '../schemas/topics.ts'
import type { ResolvedConfig } from './config/settings.ts'

/**
 * The registry that the configuration names, with every schema registered that the product writes
 * by; without one, the product's own schemas.
 *
 * @param observationTopic where HTTP writes observations
 * @throws {SchemaRegistryUnavailableError} nothing answers at SCHEMA_REGISTRY_URL
 * @throws {SchemaIncompatibleError} a subject holds something else
 * @throws {SchemaRegistryError} it refuses, or is none
 */
export async function openSchemaRegistry(
  config: ResolvedConfig,
  observationTopic: string,
): Promise<SchemaRegistry> {
  const { outputFormat, schemaRegistryPassword, schemaRegistryUrl, schemaRegistryUsername } = config
  if (schemaRegistryUrl === null) return new InProcessRegistry()
  // Its package is large, and loaded only where it is used.
  const { ConfluentRegistry } = await import('../schemas/confluent/confluent-registry.ts')
  const registry = await ConfluentRegistry.open({
    url: schemaRegistryUrl,
    ...(schemaRegistryUsername === null ? {} : { username: schemaRegistryUsername }),
    ...(schemaRegistryPassword === null ? {} : { password: schemaRegistryPassword }),
  })
  if (outputFormat === 'json') return registry
  for (const record of WRITTEN) {
    const topic = record === 'observation' ? observationTopic : PUBLIC_TOPICS[record]
    await registerSchema(record, registry, topic)
  }
  return registry
}

/** What the topology and the ingest routes write to public topics. */
const WRITTEN: readonly RecordName[] = [
  'observation',
  'attacker-profile',
  'state-changed',
  'multi-actor-suspected',
  'multi-actor-cleared',
]
