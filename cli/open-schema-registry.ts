import { InProcessRegistry } from '../schemas/in-process-registry.ts'
import type { RecordName } from '../schemas/record-types.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import { registerSchema } from '../schemas/serializer.ts'
import { PUBLIC_TOPICS, topicsOf } from '../schemas/topics.ts'
import type { ResolvedConfig } from './config/settings.ts'

/**
 * The registry that the configuration names, with every schema registered that the product writes
 * by; without one, the product's own schemas.
 *
 * @throws {SchemaRegistryUnavailableError} nothing answers at SCHEMA_REGISTRY_URL
 * @throws {SchemaIncompatibleError} a subject holds something else
 * @throws {SchemaRegistryError} it refuses, or is none
 */
export async function openSchemaRegistry(config: ResolvedConfig): Promise<SchemaRegistry> {
  const registry = await readSchemaRegistry(config)
  if (config.outputFormat === 'json') return registry
  for (const record of WRITTEN) {
    for (const topic of writtenTopics(record, config)) {
      await registerSchema(record, registry, topic)
    }
  }
  return registry
}

/** As {@link openSchemaRegistry}, to read only: nothing is registered. */
export async function readSchemaRegistry(config: ResolvedConfig): Promise<SchemaRegistry> {
  const { schemaRegistryPassword, schemaRegistryUrl, schemaRegistryUsername } = config
  if (schemaRegistryUrl === null) return new InProcessRegistry()
  // Its package is large, and loaded only where it is used.
  const { ConfluentRegistry } = await import('../schemas/confluent/confluent-registry.ts')
  return await ConfluentRegistry.open({
    url: schemaRegistryUrl,
    ...(schemaRegistryUsername === null ? {} : { username: schemaRegistryUsername }),
    ...(schemaRegistryPassword === null ? {} : { password: schemaRegistryPassword }),
  })
}

function writtenTopics(record: RecordName, config: ResolvedConfig): readonly string[] {
  return record === 'observation' ? [ingestTopic(config)] : topicsOf(record)
}

/** Where HTTP writes observations. */
function ingestTopic({ observationTopics }: ResolvedConfig): string {
  const [first] = 'pattern' in observationTopics ? [] : observationTopics
  return first ?? PUBLIC_TOPICS.observation
}

/** What the topology and the ingest routes write to public topics. */
const WRITTEN: readonly RecordName[] = [
  'observation',
  'attacker-profile',
  'state-changed',
  'multi-actor-suspected',
  'multi-actor-cleared',
  'technique-tag',
  'identity-link',
  'identity-formed',
  'identity-observation-linked',
  'identity-merged',
  'identity-unmerged',
  'evidence-generic',
  'campaign-formed',
  'campaign-identity-assigned',
  'identity-campaign-assigned',
  'campaign-merged',
  'campaign-unmerged',
  'worker-health',
  'worker-control',
]
