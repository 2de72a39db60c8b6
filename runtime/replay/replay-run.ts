import type { Clock } from '../../broker/clock.ts'
import type { Broker, PartitionOffset } from '../../broker/port.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { nameOf, offsetsByName } from '../committed-records.ts'
import type { InstanceEvents } from '../instance-events.ts'
import { RepartitionPurge } from '../repartition-purge.ts'
import type { StateDirectory } from '../state-directory.ts'
import type { InstanceSettings } from '../instance-options.ts'
import { StreamsInstance } from '../streams-instance.ts'
import { repartitionTopics } from '../topology-topics.ts'
import { BoundedBroker } from './bounded-broker.ts'
import type { ReplayPlan } from './replay-plan.ts'

export interface ReplayRunOptions {
  readonly plan: ReplayPlan
  readonly broker: Broker
  readonly clock: Clock
  /** Those of the live application; the id is the replay's. */
  readonly settings: Omit<InstanceSettings, 'applicationId'>
  readonly directory: StateDirectory
  readonly registry: SchemaRegistry
  readonly events: Omit<InstanceEvents, 'onFatal'>
}

/** Offsets of the ranges, so aborted and compacted records count too. */
export interface ReplayProgress {
  readonly done: number
  readonly total: number
}

const LOOK_INTERVAL_MS = 50

/** An instance that reads its ranges and is over then. */
export class ReplayRun {
  readonly #options: ReplayRunOptions
  readonly #instance: StreamsInstance
  readonly #purge: RepartitionPurge
  #failure: { readonly error: unknown } | null = null

  constructor(options: ReplayRunOptions) {
    const { broker, clock, directory, events, plan, registry, settings } = options
    this.#options = options
    this.#instance = new StreamsInstance({
      settings: { ...settings, applicationId: plan.name },
      topology: plan.topology,
      broker: new BoundedBroker(broker, plan.ranges),
      directory,
      clock,
      topics: [],
      registry,
      events: {
        ...events,
        onFatal: (error) => {
          this.#failure ??= { error }
        },
      },
    })
    this.#purge = new RepartitionPurge(this.#instance, broker, clock, (error) =>
      events.onRetry('purge', error, 0),
    )
  }

  /** Creates the outputs, puts the group at the beginning of the ranges, and starts. */
  async start(): Promise<void> {
    const { broker, plan } = this.#options
    await broker.createTopics(plan.outputs)
    await broker.groupAdmin(plan.name).alterOffsets(
      plan.ranges.map(({ topic, partition, from }) => ({
        topic,
        partition,
        offset: from,
        metadata: '',
      })),
    )
    await this.#instance.start()
    this.#purge.start()
  }

  progress(): ReplayProgress {
    const positions = this.#positions()
    let done = 0
    let total = 0
    for (const range of this.#options.plan.ranges) {
      total += range.to - range.from
      done += Math.max(0, (positions.get(nameOf(range)) ?? range.from) - range.from)
    }
    return { done, total }
  }

  /**
   * Resolves when everything that the ranges brought about is committed.
   * @param onLook called now and then
   * @throws whatever the instance met that it cannot go on with; the signal's reason
   */
  async untilDone(signal: AbortSignal, onLook: () => void): Promise<void> {
    while (!(await this.#isDone())) {
      if (this.#failure !== null) throw this.#failure.error
      signal.throwIfAborted()
      onLook()
      await this.#options.clock.sleep(LOOK_INTERVAL_MS, signal)
    }
  }

  /** Commits and checkpoints what is done. */
  async close(): Promise<void> {
    await this.#purge.close()
    await this.#instance.close()
  }

  /**
   * Positions are read before the ends: a settled task whose committed position is the end of all
   * its inputs then had nothing under way in between, so nothing could be added to another's input.
   * Ends are those of uncommitted records, for on Kafka a commit is answered before the records
   * become visible.
   */
  async #isDone(): Promise<boolean> {
    const { broker, plan } = this.#options
    const tasks = this.#instance.plan?.tasks.size
    const runners = [...this.#instance.runners.values()]
    if (runners.length !== tasks || !runners.every(({ task }) => task.isSettled)) return false
    const positions = this.#positions()
    const isAt = (at: PartitionOffset) => (positions.get(nameOf(at)) ?? -1) >= at.offset
    if (!plan.ranges.every((range) => isAt({ ...range, offset: range.to }))) return false
    const topics = await broker.describeTopics(repartitionTopics(plan.name, plan.topology))
    const partitions = topics.flatMap(({ name, partitions: count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
    )
    return (await broker.listOffsets(partitions, 'latest', 'read_uncommitted')).every(isAt)
  }

  #positions(): ReadonlyMap<string, number> {
    const runners = [...this.#instance.runners.values()]
    return offsetsByName(runners.flatMap(({ task }) => task.position().inputs))
  }
}
