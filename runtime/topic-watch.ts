import type { CancelTimer, Clock } from '../broker/clock.ts'
import { BrokerError } from '../broker/errors.ts'
import type { Broker } from '../broker/port.ts'
import type { TopicChangedError } from './errors.ts'
import type { InstanceEvents } from './instance-events.ts'
import { NO_CHANGES, topicChanges, type TopicChanges } from './topic-changes.ts'
import type { PlannedTopic } from './topic-plan.ts'

const TOPIC_CHECK_INTERVAL_MS = 10_000
/** A broker that is starting may deny a topic: only what a second look sees too counts. */
const CONFIRM_AFTER_MS = 2_000
/** Who asks for a cause waits no longer. */
const CAUSE_TIMEOUT_MS = 5_000

export interface TopicWatchOptions {
  readonly broker: Broker
  readonly clock: Clock
  readonly topics: readonly PlannedTopic[]
  /** Called once at most; the watch then ends. */
  readonly onChanged: (error: TopicChangedError) => void
  /** Told of each change that the instance can live with. */
  readonly events: Pick<InstanceEvents, 'onWarning'>
}

/**
 * Looks whether the application's topics are still those that the instance started with.
 *
 * W1. A topic that is deleted and created again has the same name and offsets that may exist, so
 *     neither fetching nor sending need notice: only its id tells that the state is of another.
 * W2. Partitions added to an input take over keys whose state is elsewhere, and nobody reads them.
 * W3. A broker that does not answer is no change: what fails for it is seen to where it fails.
 */
export class TopicWatch {
  readonly #options: TopicWatchOptions
  readonly #warned = new Set<string>()
  #cancel: CancelTimer | null = null
  #underWay: Promise<void> = Promise.resolve()

  constructor(options: TopicWatchOptions) {
    this.#options = options
  }

  start(): void {
    this.#lookAfter(TOPIC_CHECK_INTERVAL_MS, false)
  }

  async close(): Promise<void> {
    this.#cancel?.()
    this.#cancel = null
    await this.#underWay
  }

  /** The change behind an error that was met in a topic; the error itself if there is none. */
  async causeOf(error: unknown): Promise<unknown> {
    const answered = new AbortController()
    const late = this.#options.clock.sleep(CAUSE_TIMEOUT_MS, answered.signal).then(() => NO_CHANGES)
    const { fatal } = await Promise.race([this.#look(), late])
    answered.abort()
    return fatal ?? error
  }

  #lookAfter(ms: number, isConfirming: boolean): void {
    this.#cancel = this.#options.clock.setTimer(ms, () => {
      this.#underWay = this.#turn(isConfirming)
    })
  }

  async #turn(isConfirming: boolean): Promise<void> {
    const { fatal, warnings } = await this.#look()
    if (this.#cancel === null) return
    if (fatal === null && warnings.length === 0) this.start()
    else if (!isConfirming) this.#lookAfter(CONFIRM_AFTER_MS, true)
    else {
      for (const warning of warnings) {
        this.#warned.add(warning)
        this.#options.events.onWarning(warning)
      }
      if (fatal === null) this.start()
      else this.#options.onChanged(fatal)
    }
  }

  async #look(): Promise<TopicChanges> {
    const { broker, topics } = this.#options
    try {
      const described = await broker.describeTopics(topics.map(({ name }) => name))
      const { fatal, warnings } = topicChanges(topics, described)
      return { fatal, warnings: warnings.filter((warning) => !this.#warned.has(warning)) }
    } catch (error) {
      if (error instanceof BrokerError) return NO_CHANGES
      throw error
    }
  }
}
