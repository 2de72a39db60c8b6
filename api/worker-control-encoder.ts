import type { SchemaRegistry } from '../schemas/registry.ts'
import { serializerFor, type RecordFormat } from '../schemas/serializer.ts'
import { workerTopic } from '../schemas/topics.ts'
import type { WorkerControl, WorkerName } from '../schemas/worker-records.ts'

/** Turns what a worker is told into a record of its control topic. */
export type WorkerControlEncoder = (
  worker: WorkerName,
  control: WorkerControl,
) => { readonly topic: string; readonly value: Buffer }

/** @throws {SchemaRegistryError} Avro: the schema is not registered under a worker's topic */
export function workerControlEncoder(
  registry: SchemaRegistry,
  format: RecordFormat,
): WorkerControlEncoder {
  const writerOf = (worker: WorkerName) => {
    const topic = workerTopic(worker, 'control')
    return { topic, serialize: serializerFor('worker-control', registry, format, topic) }
  }
  const writers = { identify: writerOf('identify'), campaign: writerOf('campaign') }
  return (worker, control) => {
    const { serialize, topic } = writers[worker]
    // The serializer's buffer is scratch memory, and the record waits for the append.
    return { topic, value: Buffer.from(serialize(control)) }
  }
}
