import type { TechniqueTag } from '../../schemas/cluster-records.ts'
import { JsonReader } from '../../schemas/json-reader.ts'
import type { RecordTypes } from '../../schemas/record-types.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { serializerFor, type RecordFormat } from '../../schemas/serializer.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { LineEncoder, LineEncoders } from './line-encoder.ts'

type Uploaded = 'observation' | 'attacker-profile' | 'technique-tag'

/**
 * The encoders of the ingest routes: a line is checked against the schema of its record and
 * written in the format of the log.
 * @throws {SchemaRegistryError} Avro: a schema is not registered under its topic's subject
 */
export function recordLineEncoders(
  registry: SchemaRegistry,
  format: RecordFormat,
  observationTopic: string = PUBLIC_TOPICS.observation,
): LineEncoders {
  const encoderOf = <Name extends Uploaded>(
    name: Name,
    keyOf: (record: RecordTypes[Name]) => string,
    topic: string = PUBLIC_TOPICS[name],
  ): LineEncoder => {
    const reader = new JsonReader(name)
    const serialize = serializerFor(name, registry, format, topic)
    return {
      topic,
      encode(line) {
        const record = reader.read(line, 0, line.length)
        return { key: keyOf(record), value: Buffer.from(serialize(record)) }
      },
    }
  }
  return {
    observation: encoderOf('observation', byAttacker, observationTopic),
    attacker: encoderOf('attacker-profile', byAttacker),
    techniqueTag: encoderOf('technique-tag', byAttackerOrIdentity),
  }
}

function byAttacker(record: { readonly attacker_uuid: string }): string {
  return record.attacker_uuid
}

/** Beside the attacker's other records; the schema demands one of the two. */
function byAttackerOrIdentity({ attacker_uuid, identity_uuid }: TechniqueTag): string {
  return attacker_uuid ?? identity_uuid ?? ''
}
