import type { Clock } from '../broker/clock.ts'
import type { Broker, PartitionOffset } from '../broker/port.ts'
import type { StreamsInstance } from './streams-instance.ts'

const PURGE_INTERVAL_MS = 30_000

/**
 * Deletes repartition records that their reader has committed (they are read once).
 *
 * A failed purge is told and tried again: it costs space, never correctness.
 */
export class RepartitionPurge {
  readonly #instance: StreamsInstance
  readonly #broker: Broker
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  #cancel: (() => void) | null = null
  #underWay: Promise<void> = Promise.resolve()

  constructor(
    instance: StreamsInstance,
    broker: Broker,
    clock: Clock,
    onError: (error: unknown) => void,
  ) {
    this.#instance = instance
    this.#broker = broker
    this.#clock = clock
    this.#onError = onError
  }

  start(): void {
    this.#cancel = this.#clock.setTimer(PURGE_INTERVAL_MS, () => {
      this.#underWay = this.purge()
        .catch(this.#onError)
        .finally(() => {
          if (this.#cancel !== null) this.start()
        })
    })
  }

  async close(): Promise<void> {
    this.#cancel?.()
    this.#cancel = null
    await this.#underWay
  }

  /** @returns when every committed repartition record is gone */
  async purge(): Promise<void> {
    const committed: PartitionOffset[] = []
    for (const { task } of this.#instance.runners.values()) {
      const internal = new Set(
        task.plan.subTopology.sources
          .filter(({ isRepartition }) => isRepartition)
          .map(({ name }) => name),
      )
      const sources = new Map(task.plan.inputs.map(({ topic, source }) => [topic, source]))
      for (const input of task.position().inputs) {
        if (internal.has(sources.get(input.topic)!) && input.offset > 0) committed.push(input)
      }
    }
    if (committed.length > 0) await this.#broker.deleteRecords(committed)
  }
}
