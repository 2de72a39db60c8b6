import type { Readable } from 'node:stream'
import { ApiError } from '../errors.ts'

/**
 * Reads a request's body chunk by chunk, at the pace of whoever calls `next`.
 *
 * Not the stream's own async iterator: leaving that one early destroys the socket, and with it the
 * answer that says why.
 */
export class StreamReader {
  private readonly stream: Readable
  private readonly idleTimeoutMs: number
  private failure: Error | null = null
  private ended = false
  private wake: (() => void) | null = null
  private readonly stopListening: () => void

  /** @param closing aborts when the server shuts down */
  constructor(stream: Readable, idleTimeoutMs: number, closing: AbortSignal) {
    this.stream = stream
    this.idleTimeoutMs = idleTimeoutMs
    const notify = () => this.wake?.()
    stream.on('readable', notify)
    stream.on('end', () => {
      this.ended = true
      notify()
    })
    stream.on('error', () => this.fail(new ApiError('TRUNCATED_BODY', 'the connection broke')))
    stream.on('close', () => {
      if (!this.ended) this.fail(new ApiError('TRUNCATED_BODY', 'the connection broke'))
    })
    const stop = () => this.fail(new ApiError('SHUTTING_DOWN'))
    if (closing.aborted) stop()
    closing.addEventListener('abort', stop, { once: true })
    this.stopListening = () => closing.removeEventListener('abort', stop)
  }

  /**
   * @returns null: the body is complete
   * @throws {ApiError} BODY_TIMEOUT: nothing arrived in time; TRUNCATED_BODY: the client went
   *   away; SHUTTING_DOWN
   */
  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.failure !== null) throw this.failure
      const chunk = this.stream.read() as Buffer | null
      if (chunk !== null) return chunk
      if (this.ended) return null
      await this.somethingHappens()
    }
  }

  /** Call when no more is read: the signal outlives the request. */
  dispose(): void {
    this.stopListening()
  }

  private somethingHappens(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.fail(new ApiError('BODY_TIMEOUT')), this.idleTimeoutMs)
      this.wake = () => {
        clearTimeout(timer)
        this.wake = null
        resolve()
      }
    })
  }

  private fail(error: Error): void {
    this.failure ??= error
    this.wake?.()
  }
}
