import type { EventFeed, FeedEvent } from '../../state/query-port.ts'

interface Subscription {
  readonly topics: ReadonlySet<string>
  readonly listener: (event: FeedEvent) => void
}

/** An event feed whose records the test publishes. */
export class MemoryFeed implements EventFeed {
  readonly subscriptions = new Set<Subscription>()
  private offset = 0

  subscribe(topics: readonly string[], listener: (event: FeedEvent) => void): () => void {
    const subscription = { topics: new Set(topics), listener }
    this.subscriptions.add(subscription)
    return () => this.subscriptions.delete(subscription)
  }

  publish(topic: string, value: unknown): void {
    const event = { topic, partition: 0, offset: this.offset++, timestampMs: 1, value }
    for (const { topics, listener } of this.subscriptions) if (topics.has(topic)) listener(event)
  }
}
