import type avro from 'avsc'
import { avroType, nodeOf } from './avro-types.ts'
import { SchemaRegistryError, SerializationError } from './errors.ts'
import { FlawFinder } from './flaw-finder.ts'
import { valueToAvro } from './observed-value.ts'
import type { RecordName, RecordTypes, SingleTopicRecordName } from './record-types.ts'
import type { IdentityObservation, Observation, StateChanged } from './records.ts'
import type { SchemaRegistry } from './registry.ts'
import { currentSchema } from './schema-files.ts'
import { StructuredValue } from './structured-value.ts'
import { toJson } from './to-json.ts'
import { PUBLIC_TOPICS, valueSubject } from './topics.ts'
import { HEADER_BYTES, writeHeader } from './wire-format.ts'

/**
 * Encodes a record. The buffer is scratch memory of the serializer, valid until its next call:
 * whoever keeps it copies it at once.
 * @throws {SerializationError} the source record goes to the dead letters
 */
export type RecordSerializer<V> = (value: V) => Buffer

export type RecordFormat = 'avro' | 'json'

const SCRATCH_BYTES = 1_024

/**
 * The serializer of a record for a topic.
 *
 * @param topic names the subject of the schema; Avro only. @default the record's public topic, if it has one
 * @throws {SchemaRegistryError} Avro: the schema is not registered under the topic's subject; call
 *   {@link registerSchema} first
 */
export function serializerFor<K extends SingleTopicRecordName>(
  record: K,
  registry: SchemaRegistry,
  format: RecordFormat,
  topic?: string,
): RecordSerializer<RecordTypes[K]>
export function serializerFor<K extends RecordName>(
  record: K,
  registry: SchemaRegistry,
  format: RecordFormat,
  topic: string,
): RecordSerializer<RecordTypes[K]>
export function serializerFor<K extends RecordName>(
  record: K,
  registry: SchemaRegistry,
  format: RecordFormat,
  topic: string = defaultTopic(record),
): RecordSerializer<RecordTypes[K]> {
  return format === 'avro' ? avroSerializer(record, registry, topic) : jsonSerializer(record)
}

/** Registers the schema of a record for a topic, so that serializers can be made for it. */
export function registerSchema(
  record: SingleTopicRecordName,
  registry: SchemaRegistry,
  topic?: string,
): Promise<number>
export function registerSchema(
  record: RecordName,
  registry: SchemaRegistry,
  topic: string,
): Promise<number>
export function registerSchema(
  record: RecordName,
  registry: SchemaRegistry,
  topic: string = defaultTopic(record),
): Promise<number> {
  return registry.register(valueSubject(topic), currentSchema(record).schema)
}

/** The overloads let nobody ask for that of a record with several topics. */
function defaultTopic(record: RecordName): string {
  return PUBLIC_TOPICS[record as SingleTopicRecordName]
}

function avroSerializer<K extends RecordName>(
  record: K,
  registry: SchemaRegistry,
  topic: string,
): RecordSerializer<RecordTypes[K]> {
  const { schema } = currentSchema(record)
  const subject = valueSubject(topic)
  const id = registry.idOf(subject, schema)
  if (id === undefined) throw new SchemaRegistryError(`no schema is registered under ${subject}`)
  const type = avroType(schema)
  const flaws = new FlawFinder(nodeOf(type))
  let scratch = Buffer.allocUnsafe(SCRATCH_BYTES)
  writeHeader(scratch, id)
  return (value) => {
    refuseFlaws(record, value, flaws)
    const avroRecord = toAvro(record, value)
    let end = encode(type, avroRecord, scratch, record)
    if (end < 0) {
      // avsc says how many bytes were missing.
      scratch = Buffer.allocUnsafe((scratch.length - end) * 2)
      writeHeader(scratch, id)
      end = encode(type, avroRecord, scratch, record)
    }
    return scratch.subarray(0, end)
  }
}

function refuseFlaws(record: RecordName, value: object, flaws: FlawFinder): void {
  const flaw = flaws.find(value)
  if (flaw !== undefined) throw new SerializationError(`a ${record} cannot be written: ${flaw}`)
}

function encode(type: avro.Type, value: unknown, into: Buffer, record: RecordName): number {
  try {
    return type.encode(value, into, HEADER_BYTES)
  } catch (error) {
    throw new SerializationError(`a ${record} does not fit its schema`, { cause: error })
  }
}

function toAvro<K extends RecordName>(record: K, value: RecordTypes[K]): unknown {
  switch (record) {
    case 'observation':
    case 'identity-observation': {
      const observation = value as Observation | IdentityObservation
      if (!(observation.value instanceof StructuredValue)) return observation
      return { ...observation, value: valueToAvro(observation.value) }
    }
    case 'state-changed': {
      const change = value as StateChanged
      if (!(change.current_value instanceof StructuredValue)) return change
      return { ...change, current_value: valueToAvro(change.current_value) }
    }
    default:
      return value
  }
}

function jsonSerializer<K extends RecordName>(record: K): RecordSerializer<RecordTypes[K]> {
  const flaws = new FlawFinder(nodeOf(avroType(currentSchema(record).schema)))
  let scratch = Buffer.allocUnsafe(SCRATCH_BYTES)
  return (value) => {
    refuseFlaws(record, value, flaws)
    const text = JSON.stringify(toJson(record, value))
    if (text.length * 3 > scratch.length) scratch = Buffer.allocUnsafe(text.length * 6)
    return scratch.subarray(0, scratch.write(text))
  }
}
