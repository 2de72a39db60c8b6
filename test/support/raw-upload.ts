import http from 'node:http'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

export interface RawAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

/** An upload whose body the test writes piece by piece, over a real connection. */
export class RawUpload {
  readonly request: http.ClientRequest
  readonly answer: Promise<RawAnswer>

  constructor(url: string, headers: http.OutgoingHttpHeaders = {}) {
    this.request = http.request(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/x-ndjson', ...headers },
    })
    this.answer = this.receive()
    // An upload that is cut off on purpose has no answer; whoever wants one awaits it.
    this.answer.catch(() => undefined)
    onTestFinished(() => void this.request.destroy())
  }

  /** Resolves when the connection has taken the piece. */
  async write(piece: string | Buffer): Promise<void> {
    if (!this.request.write(piece)) await once(this.request, 'drain')
  }

  /** @returns false: the connection takes no more for now */
  offer(piece: string | Buffer): boolean {
    return this.request.write(piece)
  }

  end(): Promise<RawAnswer> {
    this.request.end()
    return this.answer
  }

  abort(): void {
    this.request.destroy()
  }

  private async receive(): Promise<RawAnswer> {
    const [response] = (await once(this.request, 'response')) as [http.IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
    return { status: response.statusCode!, headers: response.headers, body }
  }
}
