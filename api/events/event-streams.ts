import type { EventFeed, FeedEvent } from '../../state/query-port.ts'
import { ApiError } from '../errors.ts'
import { FeedFrames } from './event-frame.ts'
import { EventStream, type EventStreamLimits } from './event-stream.ts'
import { eventTypeOf, topicOf, type EventType } from './event-types.ts'

export interface EventStreamsLimits extends EventStreamLimits {
  readonly eventStreamsMax: number
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
  private readonly feed: EventFeed
  private readonly limits: EventStreamsLimits
  private readonly observer: EventStreamsObserver
  private readonly frames = new FeedFrames()
  private readonly open = new Set<EventStream>()
  private closing = false

  constructor(feed: EventFeed, limits: EventStreamsLimits, observer: EventStreamsObserver) {
    this.feed = feed
    this.limits = limits
    this.observer = observer
  }

  /**
   * Opens a stream of the given types; the subscription ends with the stream.
   * @throws {ApiError} TOO_MANY_STREAMS, SHUTTING_DOWN
   */
  watch(types: readonly EventType[], wanted: (type: EventType, event: FeedEvent) => boolean) {
    if (this.closing) throw new ApiError('SHUTTING_DOWN')
    if (this.open.size >= this.limits.eventStreamsMax) throw new ApiError('TOO_MANY_STREAMS')
    const stream = new EventStream(this.limits, () => this.observer.dropped())
    const unsubscribe = this.feed.subscribe(types.map(topicOf), (event) => {
      const type = eventTypeOf(event.topic)
      if (type === undefined || !wanted(type, event)) return
      stream.offer(this.frames.frameOf(type, event))
    })
    this.open.add(stream)
    this.observer.opened()
    stream.once('close', () => {
      unsubscribe()
      this.open.delete(stream)
      this.observer.closed()
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
