import http from 'node:http'
import { onTestFinished } from 'vitest'

export interface SseEvent {
  readonly event: string
  readonly data: unknown
  readonly id?: string
}

/** A client of server-sent events that reads, or does not, as told. */
export class SseClient {
  readonly response: http.IncomingMessage
  readonly events: SseEvent[] = []
  comments = 0
  ended = false
  private buffered = ''
  private wake: () => void = () => undefined

  private constructor(response: http.IncomingMessage) {
    this.response = response
    response.setEncoding('utf8')
    const finish = () => {
      this.ended = true
      this.wake()
    }
    response.on('close', finish).on('error', finish)
  }

  static async open(url: string, headers: http.OutgoingHttpHeaders = {}): Promise<SseClient> {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get(url, { headers, agent: false }, resolve).on('error', reject)
    })
    const client = new SseClient(response)
    onTestFinished(() => void response.destroy())
    return client
  }

  /** Begins to read; until then nothing is taken off the connection. */
  read(): this {
    this.response.on('data', (text: string) => this.take(text))
    return this
  }

  /** Waits for so many events of any type. */
  async until(count: number): Promise<readonly SseEvent[]> {
    await this.waitFor(() => this.events.length >= count)
    return this.events
  }

  async waitFor(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.ended) throw new Error(`the stream ended after ${this.events.length} events`)
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  async untilEnd(): Promise<void> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  disconnect(): void {
    this.response.destroy()
  }

  private take(text: string): void {
    const frames = (this.buffered + text).split('\n\n')
    this.buffered = frames.pop()!
    for (const frame of frames) {
      if (frame.startsWith(':')) this.comments += 1
      if (!frame.includes('event: ')) continue
      const fields = new Map(
        frame
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      const id = fields.get('id')
      const event = {
        event: fields.get('event')!,
        data: JSON.parse(fields.get('data')!) as unknown,
      }
      this.events.push(id === undefined ? event : { ...event, id })
    }
    this.wake()
  }
}
