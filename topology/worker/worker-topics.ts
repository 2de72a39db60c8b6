import { deserializerFor } from '../../schemas/deserializer.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { type RecordFormat, serializerFor } from '../../schemas/serializer.ts'
import { workerTopic } from '../../schemas/topics.ts'
import type { WorkerControl, WorkerHealth, WorkerName } from '../../schemas/worker-records.ts'
import type { Deserializer, Serializer } from '../serde.ts'
import type { Topology } from '../topology.ts'

/** What a worker was told, beside its own messages. */
export interface ControlMessage {
  readonly type: 'control'
  readonly control: WorkerControl
}

/** How a worker reads what it is told, and writes how it is. */
export interface WorkerSerdes {
  readonly control: Deserializer<WorkerControl>
  readonly health: Serializer<WorkerHealth>
}

/** @throws {SchemaRegistryError} Avro: the schema is not registered under the worker's topic */
export function workerSerdes(
  worker: WorkerName,
  registry: SchemaRegistry,
  format: RecordFormat,
): WorkerSerdes {
  return {
    control: deserializerFor('worker-control', registry),
    health: serializerFor('worker-health', registry, format, workerTopic(worker, 'health')),
  }
}

/** Name of the source that brings a worker's {@link ControlMessage}s. */
export function controlSource(worker: WorkerName): string {
  return `${worker}-control`
}

/** Name of the sink that takes a worker's heartbeats. */
export function healthSink(worker: WorkerName): string {
  return `${worker}-health`
}

/**
 * Adds both topics of a worker. Its processor names {@link controlSource} among its parents.
 * @param processor the node that sends the heartbeats
 */
export function addWorkerTopics(
  topology: Topology,
  worker: WorkerName,
  processor: string,
  serdes: WorkerSerdes,
): void {
  topology
    .addSource<ControlMessage>(controlSource(worker), {
      topics: [workerTopic(worker, 'control')],
      deserializer: (raw) => ({ type: 'control', control: serdes.control(raw) }),
      key: 'ignored',
      // The worker is one task, and what it is told has one order.
      partitions: 1,
    })
    .addSink<WorkerHealth>(healthSink(worker), {
      parents: [processor],
      topic: workerTopic(worker, 'health'),
      serializer: serdes.health,
    })
}
