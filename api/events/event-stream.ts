import { Readable } from 'node:stream'
import { eventFrame } from './event-frame.ts'

export interface EventStreamLimits {
  readonly eventQueueMax: number
  readonly eventQueueBytesMax: number
  readonly eventKeepAliveMs: number
  readonly eventStallTimeoutMs: number
}

/**
 * One client's stream of server-sent events.
 *
 * V1. Memory is bounded whatever the client does: a queue of `eventQueueMax` events and
 *     `eventQueueBytesMax` bytes, beside what the socket has taken.
 * V2. When the queue is full the newest event is dropped and counted. The count is told by an
 *     event `overflow` at the place of the gap: after what was queued, before what follows.
 * V3. A stream with nothing to say sends a comment every `eventKeepAliveMs`; one whose client
 *     takes nothing for `eventStallTimeoutMs` is destroyed.
 */
export class EventStream extends Readable {
  private readonly limits: EventStreamLimits
  private readonly onDropped: () => void
  private readonly keepAlive: NodeJS.Timeout
  private queue: string[] = []
  private queueBytes = 0
  private dropped = 0
  private held = false
  private ended = false
  /** The consumer asked for more and has not been given any. */
  private wanted = false
  private quietMs = 0

  constructor(limits: EventStreamLimits, onDropped: () => void) {
    super({ highWaterMark: 16 * 1024 })
    this.limits = limits
    this.onDropped = onDropped
    this.keepAlive = setInterval(() => this.tick(), limits.eventKeepAliveMs)
    this.keepAlive.unref()
    // Sends the head of the answer at once, and tells when to come back after a lost connection.
    this.push('retry: 3000\n\n')
  }

  /** Queues a frame, or counts it as dropped, unwritten, when the queue is full. */
  offer(makeFrame: () => string): void {
    if (this.destroyed || this.ended) return
    const { eventQueueMax, eventQueueBytesMax } = this.limits
    const room = this.queue.length < eventQueueMax && this.queueBytes < eventQueueBytesMax
    if (!room) {
      this.dropped += 1
      this.onDropped()
      return
    }
    this.tellDropped()
    this.enqueue(makeFrame())
    if (this.wanted && !this.held) this.drain()
  }

  /** Until `release`, events queue behind what is being read for the start of the stream. */
  hold(): void {
    this.held = true
  }

  /** Sends `first` ahead of the events that came since `hold`. */
  release(first: string): void {
    if (this.destroyed || this.ended) return
    this.held = false
    this.queue.unshift(first)
    this.queueBytes += first.length
    if (this.wanted) this.drain()
  }

  /** Ends the stream after what is queued. */
  end(): void {
    if (this.destroyed || this.ended) return
    this.ended = true
    clearInterval(this.keepAlive)
    this.tellDropped()
    for (const frame of this.queue) this.push(frame)
    this.queue = []
    this.push(null)
  }

  override _read(): void {
    this.wanted = true
    if (!this.held && !this.ended) this.drain()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.keepAlive)
    this.queue = []
    callback(error)
  }

  private enqueue(frame: string): void {
    this.queue.push(frame)
    this.queueBytes += frame.length
  }

  private tellDropped(): void {
    if (this.dropped === 0) return
    this.enqueue(eventFrame('overflow', { dropped: this.dropped }))
    this.dropped = 0
  }

  private drain(): void {
    let sent = 0
    while (this.wanted && sent < this.queue.length) {
      const frame = this.queue[sent++]!
      this.queueBytes -= frame.length
      this.wanted = this.push(frame)
      this.quietMs = 0
    }
    if (sent > 0) this.queue = this.queue.slice(sent)
    if (this.queue.length === 0 && this.dropped > 0) {
      this.tellDropped()
      this.drain()
    }
  }

  private tick(): void {
    this.quietMs += this.limits.eventKeepAliveMs
    if (this.wanted && !this.held) {
      if (this.quietMs >= this.limits.eventKeepAliveMs) {
        this.quietMs = 0
        this.wanted = this.push(': keep-alive\n\n')
      }
    } else if (this.quietMs >= this.limits.eventStallTimeoutMs) {
      this.destroy()
    }
  }
}
