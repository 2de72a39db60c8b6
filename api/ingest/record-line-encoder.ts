import { JsonReader } from '../../schemas/json-reader.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { serializerFor, type RecordFormat } from '../../schemas/serializer.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { LineEncoder, LineEncoders } from './line-encoder.ts'

/**
 * The encoders of the ingest routes: a line is checked against the schema of its record and
 * written in the format of the log.
 * @throws {SchemaRegistryError} Avro: a schema is not registered under its topic's subject
 */
export function recordLineEncoders(
  registry: SchemaRegistry,
  format: RecordFormat,
  topics: { readonly observation: string; readonly attacker: string } = {
    observation: PUBLIC_TOPICS.observation,
    attacker: PUBLIC_TOPICS['attacker-profile'],
  },
): LineEncoders {
  return {
    observation: recordLineEncoder('observation', registry, format, topics.observation),
    attacker: recordLineEncoder('attacker-profile', registry, format, topics.attacker),
  }
}

function recordLineEncoder(
  name: 'observation' | 'attacker-profile',
  registry: SchemaRegistry,
  format: RecordFormat,
  topic: string,
): LineEncoder {
  const reader = new JsonReader(name)
  const serialize = serializerFor(name, registry, format, topic)
  return {
    topic,
    encode(line) {
      const record = reader.read(line, 0, line.length)
      return { key: record.attacker_uuid, value: Buffer.from(serialize(record)) }
    },
  }
}
