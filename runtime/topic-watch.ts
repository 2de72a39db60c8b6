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
/** How long an answer may take before somebody should know. */
const PATIENCE_MS = 5_000
/** Said again ever later, so that a long absence is neither forgotten nor shouted. */
const REMINDER_MS = 60_000

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
 * W3. Brokers that do not answer are no change: what fails for it waits where it fails. Here it is
 *     said once for all of it, and again when they are back.
 */
export class TopicWatch {
  readonly #options: TopicWatchOptions
  readonly #warned = new Set<string>()
  /** Null: the brokers answer. */
  #away: { readonly sinceMs: number; remindAtMs: number } | null = null
  #cancel: CancelTimer | null = null

  constructor(options: TopicWatchOptions) {
    this.#options = options
  }

  start(): void {
    this.#lookAfter(TOPIC_CHECK_INTERVAL_MS, false)
  }

  /** A look under way is not waited for: without brokers it could take long, and is not heard. */
  close(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  /** The change behind an error that was met in a topic; the error itself if there is none. */
  async causeOf(error: unknown): Promise<unknown> {
    const late = this.#options.clock.sleep(PATIENCE_MS).then(() => NO_CHANGES)
    const { fatal } = await Promise.race([this.#look(), late])
    return fatal ?? error
  }

  #lookAfter(ms: number, isConfirming: boolean): void {
    this.#cancel = this.#options.clock.setTimer(ms, () => {
      void this.#turn(isConfirming)
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
    const { broker, clock, topics } = this.#options
    const cancel = clock.setTimer(PATIENCE_MS, () => this.#silent('they say nothing'))
    try {
      const described = await broker.describeTopics(topics.map(({ name }) => name))
      this.#answered()
      const { fatal, warnings } = topicChanges(topics, described)
      return { fatal, warnings: warnings.filter((warning) => !this.#warned.has(warning)) }
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      this.#silent(error.message)
      return NO_CHANGES
    } finally {
      cancel()
    }
  }

  #silent(why: string): void {
    const { clock, events } = this.#options
    const nowMs = clock.now()
    if (this.#cancel === null || nowMs < (this.#away?.remindAtMs ?? 0)) return
    const sinceMs = this.#away?.sinceMs ?? nowMs
    this.#away = { sinceMs, remindAtMs: nowMs + Math.max(REMINDER_MS, nowMs - sinceMs) }
    events.onWarning(
      `the brokers do not tell of the topics: ${why}; whatever needs them waits, nothing is lost`,
    )
  }

  #answered(): void {
    if (this.#away === null) return
    const seconds = Math.round((this.#options.clock.now() - this.#away.sinceMs) / 1000)
    this.#away = null
    this.#options.events.onWarning(`the brokers answer again, after ${seconds} s`)
  }
}
