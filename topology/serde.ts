import type { RawRecord } from '../broker/record-batch/record.ts'

/**
 * Decodes a source record from its raw bytes.
 * @throws {DeserializationError} the record goes to the dead letters, the rest goes on
 */
export type Deserializer<V> = (raw: RawRecord) => V

/**
 * Encodes a value for a sink. The buffer may be scratch memory of the serializer, valid until its
 * next call: the collector copies it at once.
 * @throws {SerializationError} the source record goes to the dead letters
 */
export type Serializer<V> = (value: V) => Buffer | null
