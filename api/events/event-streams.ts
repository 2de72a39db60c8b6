import type { EventFeed, FeedEvent } from '../../state/query-port.ts'
import { ApiError } from '../errors.ts'
import { FeedFrames } from './event-frame.ts'
import { EventStream, type EventStreamLimits } from './event-stream.ts'
import type { EventTopics, EventType } from './event-types.ts'

export interface EventStreamsLimits extends EventStreamLimits {
  readonly eventStreamsMax: number
}

export interface EventStreamsOptions {
  readonly feed: EventFeed
  readonly topics: EventTopics
  readonly limits: EventStreamsLimits
  readonly observer: EventStreamsObserver
}

export interface EventStreamsObserver {
  opened(): void
  closed(): void
  dropped(): void
}

/** How long a closing server waits for clients to take the end of their streams. */
const CLOSE_GRACE_MS = 500

/**
 * The event streams that are open.
 *
 * An open stream blocks the server's `close()`, which waits for answers under way, so `closeAll`
 * runs before it and leaves none (fastify/sse#57 tells of the same trap).
 */
export class EventStreams {
  private readonly options: EventStreamsOptions
  private readonly frames = new FeedFrames()
  private readonly open = new Set<EventStream>()
  private closing = false

  constructor(options: EventStreamsOptions) {
    this.options = options
  }

  /**
   * Opens a stream of the given types; the subscription ends with the stream.
   * @param nameOf what the stream calls a type; null: it does not want the event
   * @throws {ApiError} TOO_MANY_STREAMS, SHUTTING_DOWN
   */
  watch(
    types: readonly EventType[],
    nameOf: (type: EventType, event: FeedEvent) => string | null,
  ): EventStream {
    const { feed, topics, limits, observer } = this.options
    if (this.closing) throw new ApiError('SHUTTING_DOWN')
    if (this.open.size >= limits.eventStreamsMax) throw new ApiError('TOO_MANY_STREAMS')
    const stream = new EventStream(limits, () => observer.dropped())
    const unsubscribe = feed.subscribe(topics.ofTypes(types), (event) => {
      const type = topics.typeOf(event.topic)
      if (type === undefined) return
      const name = nameOf(type, event)
      if (name !== null) stream.offer(() => this.frames.frameOf(name, type, event))
    })
    this.open.add(stream)
    observer.opened()
    stream.once('close', () => {
      unsubscribe()
      this.open.delete(stream)
      observer.closed()
    })
    return stream
  }

  /** Ends every stream; destroys those whose client does not take the end in time. */
  async closeAll(): Promise<void> {
    this.closing = true
    const closed = [...this.open].map(
      (stream) => new Promise<void>((resolve) => stream.once('close', resolve)),
    )
    for (const stream of this.open) stream.end()
    const late = setTimeout(() => {
      for (const stream of this.open) stream.destroy()
    }, CLOSE_GRACE_MS)
    await Promise.all(closed)
    clearTimeout(late)
  }
}
