import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import { CommandFailure, exitCodes } from '../failure.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface Outgoing {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly contentType?: string
  readonly body?: Buffer
  readonly accept?: string
  readonly signal?: AbortSignal
}

const ANSWER_TIMEOUT_MS = 120_000

/**
 * Talks to a running instance over HTTP, on one connection that is kept.
 *
 * Not the global fetch: it hides the cause of a refused connection and has no agent to close.
 */
export class InstanceClient {
  readonly url: URL
  readonly #token: string | null
  readonly #agent: Agent

  /** @throws {CommandFailure} not an http or https URL */
  constructor(url: string, token: string | null) {
    this.url = parseUrl(url)
    this.#token = token
    const options = { keepAlive: true, maxSockets: 1 }
    this.#agent = this.url.protocol === 'https:' ? new TlsAgent(options) : new Agent(options)
  }

  /**
   * Resolves with the parsed answer, whatever its status.
   * @throws {CommandFailure} nothing listens there, or what does speaks no JSON
   */
  async call(outgoing: Outgoing): Promise<Answer> {
    const response = await this.open(outgoing)
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    try {
      return { status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }
    } catch (error) {
      throw new CommandFailure(
        `${this.url.origin} answered something that is not JSON (status ` +
          `${response.statusCode ?? 0}): is it an attribution-streams instance?`,
        { cause: error },
      )
    }
  }

  /** Resolves when the head of the answer is there. @throws {CommandFailure} as `call` */
  open(outgoing: Outgoing): Promise<IncomingMessage> {
    const send = this.url.protocol === 'https:' ? httpsRequest : httpRequest
    const { body, contentType } = outgoing
    return new Promise((resolve, reject) => {
      const request = send(new URL(outgoing.path, this.url), {
        method: outgoing.method,
        agent: this.#agent,
        timeout: ANSWER_TIMEOUT_MS,
        ...(outgoing.signal === undefined ? {} : { signal: outgoing.signal }),
        headers: {
          accept: outgoing.accept ?? 'application/json',
          ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...(body === undefined ? {} : { 'content-length': body.length }),
        },
      })
      request.on('response', resolve)
      request.on('error', (error) => reject(this.#unreachable(error)))
      request.on('timeout', () =>
        request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)),
      )
      request.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  #unreachable(error: NodeJS.ErrnoException): Error {
    if (error.name === 'AbortError') return error
    if (error.code === 'ECONNREFUSED') {
      return new CommandFailure(
        `nothing listens at ${this.url.origin}: start an instance with ` +
          '`npx attribution-streams start`, or name another with --url',
        { cause: error },
      )
    }
    const why = error.message === '' ? (error.code ?? 'unknown error') : error.message
    return new CommandFailure(`${this.url.origin} cannot be reached: ${why}`, { cause: error })
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CommandFailure(`--url: expected http://host:port, received ${JSON.stringify(text)}`, {
      exitCode: exitCodes.misused,
    })
  }
  return url
}

interface ErrorBody {
  readonly error?: { readonly code?: string; readonly message?: string }
}

/** What an answer that is no success says, as a failure of the command. */
export function refusal(answer: Answer): CommandFailure {
  const { code, message } = (answer.body as ErrorBody | null)?.error ?? {}
  const hint =
    answer.status === 401 || answer.status === 403
      ? '; give a token with --token or ATTRIBUTION_TOKEN'
      : ''
  return new CommandFailure(
    `${message ?? 'the request was refused'} (${code ?? `HTTP ${answer.status}`})${hint}`,
  )
}
