import { partitionForText } from '../bytes/murmur2.ts'
import type { Broker } from '../broker/port.ts'
import type { ByteString } from '../bytes/byte-string.ts'
import { StoreNotReadyError, UnknownStoreError } from '../state/errors.ts'
import type {
  Answer,
  QueryPort,
  ScanOptions,
  StoreDescription,
  StorePosition,
  StoreRow,
  TaskStatus,
} from '../state/query-port.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import type { StoreSpec } from '../topology/store.ts'
import { changelogTopic } from './internal-topics.ts'
import type { StreamTask } from './stream-task.ts'
import type { StreamsInstance } from './streams-instance.ts'
import { formatTaskId } from './task-id.ts'

interface StoreHome {
  readonly spec: StoreSpec<never>
  readonly subTopology: number
}

/**
 * Answers queries on the stores of this instance's tasks.
 *
 * Q1. Only running tasks answer, and only with committed data (DESIGN I6).
 * Q2. The position is read before the data: what the answer holds is at least that.
 * Q3. Lag is counted to the log's end as it is now, not as the last fetch saw it: who has just
 *     appended something sees that it is still to come.
 */
export class QueryService implements QueryPort {
  readonly #instance: StreamsInstance
  readonly #broker: Broker
  readonly #applicationId: string
  readonly #homes = new Map<string, StoreHome>()

  constructor(
    instance: StreamsInstance,
    broker: Broker,
    topology: BuiltTopology,
    applicationId: string,
  ) {
    this.#instance = instance
    this.#broker = broker
    this.#applicationId = applicationId
    for (const { id, stores } of topology.subTopologies) {
      for (const spec of stores) this.#homes.set(spec.name, { spec, subTopology: id })
    }
  }

  stores(): StoreDescription[] {
    return [...this.#homes].map(([name, { spec, subTopology }]) => ({
      name,
      subTopology,
      changelogTopic: changelogTopic(this.#applicationId, name),
      partitions: this.#partitionCount(subTopology),
      toJson: (spec.toJson ?? ((_key: ByteString, value: unknown) => value)) as (
        key: ByteString,
        value: unknown,
      ) => unknown,
    }))
  }

  async get<V>(
    store: string,
    partitionKey: string,
    key: ByteString,
  ): Promise<Answer<V | undefined>> {
    const { subTopology } = this.#home(store)
    const task = this.#owner(subTopology, partitionKey)
    const positions = [await this.#position(task)]
    return { value: await task.stores!.view.get<V>(store, key), positions }
  }

  async scan<V>(store: string, options: ScanOptions): Promise<Answer<readonly StoreRow<V>[]>> {
    const { subTopology } = this.#home(store)
    const { partitionKey, prefix, after, limit } = options
    const tasks =
      partitionKey === null ? this.#allTasks(subTopology) : [this.#owner(subTopology, partitionKey)]
    const positions = await Promise.all(tasks.map((task) => this.#position(task)))
    const range = { prefix, limit, ...(after === undefined ? {} : { after }) }
    const pages = await Promise.all(tasks.map((task) => task.stores!.view.scan<V>(store, range)))
    const rows = pages.flat()
    if (pages.length > 1) rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return { value: rows.slice(0, limit), positions }
  }

  tasks(): TaskStatus[] {
    return [...this.#instance.runners.values()]
      .map(({ task, isRetrying }) => ({
        ...task.position(),
        state: isRetrying ? `${task.state} (retrying)` : task.state,
        restore: task.state === 'restoring' ? task.restoreProgress : null,
      }))
      .sort((a, b) => a.taskId.localeCompare(b.taskId, 'en', { numeric: true }))
  }

  async #position(task: StreamTask): Promise<StorePosition> {
    const position = task.position()
    const ends = await this.#broker.listOffsets(position.inputs, 'latest', 'read_committed')
    const lag = ends.reduce(
      (sum, { offset }, i) => sum + Math.max(0, offset - position.inputs[i]!.offset),
      0,
    )
    return { ...position, lag }
  }

  #home(store: string): StoreHome {
    const home = this.#homes.get(store)
    if (home === undefined) {
      const names = [...this.#homes.keys()].join(', ')
      throw new UnknownStoreError(`no store is named ${store.slice(0, 80)}; there are: ${names}`)
    }
    return home
  }

  #partitionCount(subTopology: number): number {
    return this.#instance.plan?.tasks.get(`${subTopology}_0`)?.partitionCount ?? 0
  }

  #owner(subTopology: number, partitionKey: string): StreamTask {
    const count = this.#partitionCount(subTopology)
    if (count === 0) throw new StoreNotReadyError('the instance is starting')
    return this.#running(subTopology, partitionForText(partitionKey, count))
  }

  #allTasks(subTopology: number): StreamTask[] {
    const count = this.#partitionCount(subTopology)
    if (count === 0) throw new StoreNotReadyError('the instance is starting')
    return Array.from({ length: count }, (_, partition) => this.#running(subTopology, partition))
  }

  #running(subTopology: number, partition: number): StreamTask {
    const id = formatTaskId({ subTopology, partition })
    const task = this.#instance.runners.get(id)?.task
    if (task === undefined) throw new StoreNotReadyError(`task ${id} does not run here`)
    if (task.state !== 'running' && task.state !== 'suspended') {
      throw new StoreNotReadyError(`task ${id} is ${task.state}`)
    }
    return task
  }
}
