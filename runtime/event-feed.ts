import { setTimeout as pause } from 'node:timers/promises'
import { RetriableError, UnknownTopicError } from '../broker/errors.ts'
import type {
  Broker,
  Fetcher,
  PollResult,
  RawRecord,
  RecordBatch,
  TopicPartition,
} from '../broker/port.ts'
import { SchemaRegistryError } from '../schemas/errors.ts'
import { learnSchemas } from '../schemas/learn-schemas.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import type { EventFeed, FeedEvent } from '../state/query-port.ts'
import type { Deserializer } from '../topology/serde.ts'

type Listener = (event: FeedEvent) => void

interface Subscription {
  readonly topics: readonly string[]
  readonly listener: Listener
}

const POLL_WAIT_MS = 500
/** Before it starts over after what no waiting mends, such as a right that is missing. */
const START_OVER_MS = 5_000
const NOTHING: PollResult = { fetched: [], outOfRange: [] }

/**
 * Follows committed records of watched topics from their ends and hands them to subscribers.
 *
 * E1. Read-committed: nothing is shown that may still be aborted.
 * E2. Polls only topics that somebody watches; decodes a record once for all subscribers.
 * E3. A listener must not throw and must not block: slow readers bound their own queues.
 * E4. Brokers that are away, and a topic that goes, end nothing but the events of that time: who
 *     watches must not be able to end what is watched. After any other failure it is told why, and
 *     starts over.
 */
export class LogEventFeed implements EventFeed {
  readonly #broker: Broker
  readonly #deserializers: ReadonlyMap<string, Deserializer<unknown>>
  readonly #registry: SchemaRegistry
  readonly #onError: (error: unknown) => void
  readonly #subscriptions = new Set<Subscription>()
  readonly #watched = new Map<string, TopicPartition[]>()
  /** Those of which no broker told the partitions yet: asked again after the next poll. */
  readonly #unknown = new Set<string>()
  #fetcher: Fetcher | null = null
  #loop: Promise<void> | null = null
  readonly #stopping = new AbortController()

  /**
   * @param deserializers by topic; only these topics can be watched
   * @param registry where the schemas of writers are learnt that deserializers do not know yet
   * @param onError told of what keeps events from being shown for a while
   */
  constructor(
    broker: Broker,
    deserializers: ReadonlyMap<string, Deserializer<unknown>>,
    registry: SchemaRegistry,
    onError: (error: unknown) => void,
  ) {
    this.#broker = broker
    this.#deserializers = deserializers
    this.#registry = registry
    this.#onError = onError
  }

  subscribe(topics: readonly string[], listener: Listener): () => void {
    const subscription = { topics: topics.filter((t) => this.#deserializers.has(t)), listener }
    this.#subscriptions.add(subscription)
    this.#rewatch()
    return () => {
      this.#subscriptions.delete(subscription)
      this.#rewatch()
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    this.#subscriptions.clear()
    await this.#fetcher?.close()
    await this.#loop
  }

  #rewatch(): void {
    if (this.#stopped) return
    const wanted = new Set([...this.#subscriptions].flatMap(({ topics }) => topics))
    for (const [topic, partitions] of this.#watched) {
      if (wanted.has(topic)) continue
      this.#fetcher?.unassign(partitions)
      this.#watched.delete(topic)
    }
    for (const topic of wanted) {
      if (this.#watched.has(topic)) continue
      this.#watched.set(topic, [])
      this.#begin(topic)
    }
    if (wanted.size > 0) this.#loop ??= this.#run()
  }

  #begin(topic: string): void {
    this.#watch(topic).catch((error: unknown) => {
      if (error instanceof RetriableError) this.#unknown.add(topic)
      else this.#tell(error)
    })
  }

  async #watch(topic: string): Promise<void> {
    const [description] = await this.#broker.describeTopics([topic])
    if (description === undefined) return
    const partitions = Array.from({ length: description.partitions }, (_, partition) => ({
      topic,
      partition,
    }))
    const ends = await this.#broker.listOffsets(partitions, 'latest', 'read_committed')
    // Unsubscribed meanwhile, or closed: nothing to follow.
    if (this.#stopped || !this.#watched.has(topic)) return
    this.#watched.set(topic, partitions)
    this.#reader().assign(ends)
  }

  #reader(): Fetcher {
    this.#fetcher ??= this.#broker.fetcher({ isolation: 'read_committed' })
    return this.#fetcher
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#follow()
      } catch (error) {
        this.#tell(error)
        await this.#startOver()
      }
    }
  }

  async #follow(): Promise<void> {
    while (!this.#stopped) {
      const { fetched, outOfRange } = await this.#poll()
      this.#beginUnknown()
      for (const stretch of fetched) {
        for (const batch of stretch.batches) await this.#publishAll(stretch, batch)
      }
      // A watcher that fell behind deletion goes on at what is left: events are best effort.
      for (const { topic, partition, logStartOffset } of outOfRange) {
        this.#reader().assign([{ topic, partition, offset: logStartOffset }])
      }
    }
  }

  #tell(error: unknown): void {
    if (!this.#stopped) this.#onError(error)
  }

  /** Follows the watched topics anew, from their ends. */
  async #startOver(): Promise<void> {
    await this.#fetcher?.close().catch(() => undefined)
    this.#fetcher = null
    for (const topic of this.#watched.keys()) this.#unknown.add(topic)
    await pause(START_OVER_MS, null, { signal: this.#stopping.signal }).catch(() => undefined)
    if (!this.#stopped) this.#beginUnknown()
  }

  async #poll(): Promise<PollResult> {
    try {
      return await this.#reader().poll(POLL_WAIT_MS)
    } catch (error) {
      if (!(error instanceof UnknownTopicError)) throw error
      await this.#leaveMissing()
      return NOTHING
    }
  }

  /** The error does not say which topic it is that went. */
  async #leaveMissing(): Promise<void> {
    try {
      const described = await this.#broker.describeTopics([...this.#watched.keys()])
      const existing = new Set(described.map(({ name }) => name))
      for (const [topic, partitions] of this.#watched) {
        if (existing.has(topic)) continue
        this.#fetcher?.unassign(partitions)
        this.#watched.set(topic, [])
      }
    } catch (error) {
      // The next poll meets it again.
      if (!(error instanceof RetriableError)) throw error
    }
  }

  #beginUnknown(): void {
    const topics = [...this.#unknown]
    this.#unknown.clear()
    for (const topic of topics) if (this.#watched.has(topic)) this.#begin(topic)
  }

  async #publishAll(at: TopicPartition, batch: RecordBatch): Promise<void> {
    const records: RawRecord[] = []
    batch.forEach((raw) => records.push(raw))
    try {
      await learnSchemas(this.#registry, records)
    } catch (error) {
      if (!(error instanceof SchemaRegistryError)) throw error
      // The registry is away: what cannot be read is left out rather than all events held up.
    }
    for (const raw of records) this.#publish(at, raw)
  }

  #publish(at: TopicPartition, raw: Parameters<Deserializer<unknown>>[0]): void {
    let value: unknown
    try {
      value = this.#deserializers.get(at.topic)!(raw)
    } catch {
      // Invalid input is not an event; the dead letters have it.
      return
    }
    const { topic, partition } = at
    const event = { topic, partition, offset: raw.offset, timestampMs: raw.timestampMs, value }
    for (const { topics, listener } of this.#subscriptions) {
      if (topics.includes(topic)) listener(event)
    }
  }
}
