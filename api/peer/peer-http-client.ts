import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import { PeerUnavailableError, TaskNotHereError } from '../../state/errors.ts'
import type { PeerClient, PeerGet, PeerRows, PeerScan, PeerValue } from '../../state/peer-port.ts'
import type { ApiTls } from '../options.ts'
import { peerUrl } from './peer-endpoint.ts'
import { decodeRows, decodeValue } from './peer-frames.ts'
import { PEER_ANSWER_BYTES_MAX, peerMediaType, peerPaths } from './peer-paths.ts'
import { answerSignatureHeader, PeerSignature, signatureHeader } from './peer-signature.ts'

export interface PeerHttpClientOptions {
  /** Null: instances know each other by their certificates alone. */
  readonly secret: string | null
  /** Null: instances speak plain HTTP. */
  readonly tls: ApiTls | null
  readonly clock: () => number
}

/** Connections to one instance at once; what is beyond waits for one of them. */
const SOCKETS_MAX = 32

/**
 * Asks other instances over HTTP.
 *
 * C1. Only places that are an origin are asked, each request is signed, and an answer counts only
 *     with the signature of someone who knows the secret (or over TLS with a certificate of the
 *     authority): a false entry in the group's metadata yields no answer.
 * C2. An answer has a deadline and a greatest size; what is beyond ends its connection.
 * C3. Redirects are not followed.
 */
export class PeerHttpClient implements PeerClient {
  readonly #options: PeerHttpClientOptions
  readonly #signature: PeerSignature | null
  readonly #agent: Agent
  readonly #tlsAgent: TlsAgent

  constructor(options: PeerHttpClientOptions) {
    this.#options = options
    this.#signature = options.secret === null ? null : new PeerSignature(options.secret)
    const pool = { keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: 4 }
    this.#agent = new Agent(pool)
    this.#tlsAgent = new TlsAgent({ ...pool, ...clientTls(options.tls) })
  }

  async get(endpoint: string, request: PeerGet, timeoutMs: number): Promise<PeerValue> {
    const { accepts, key, store, taskId } = request
    const body = { task: taskId, store, accepts, key: toBase64(key) }
    const frame = await this.#call(endpoint, peerPaths.get, body, timeoutMs)
    return decoded(endpoint, () => decodeValue(frame, taskId))
  }

  async scan(endpoint: string, request: PeerScan, timeoutMs: number): Promise<PeerRows> {
    const { accepts, after, limit, prefix, store, taskId } = request
    const body = {
      task: taskId,
      store,
      accepts,
      prefix: toBase64(prefix),
      ...(after === undefined ? {} : { after: toBase64(after) }),
      limit,
    }
    const frame = await this.#call(endpoint, peerPaths.scan, body, timeoutMs)
    return decoded(endpoint, () => decodeRows(frame, request))
  }

  close(): void {
    this.#agent.destroy()
    this.#tlsAgent.destroy()
  }

  async #call(endpoint: string, path: string, json: object, timeoutMs: number): Promise<Buffer> {
    const url = peerUrl(endpoint, this.#options.tls === null ? 'http' : 'https')
    if (url === null) throw new PeerUnavailableError(`${endpoint} is no http(s)://host:port`)
    if (this.#signature === null && url.protocol !== 'https:') {
      throw new PeerUnavailableError(`${endpoint} is not asked: no secret, and no TLS to prove it`)
    }
    const body = Buffer.from(JSON.stringify(json))
    const signed = this.#signature?.sign(this.#options.clock(), path, body) ?? null
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      ...(signed === null ? {} : { [signatureHeader]: signed.header }),
    }
    try {
      const { response, answer } = await this.#exchange(url, path, headers, body, timeoutMs)
      assertAnswer(response, answer)
      const proof = response.headers[answerSignatureHeader]
      if (signed !== null && !this.#signature!.isAnswer(signed.nonce, answer, String(proof))) {
        throw new Error('the answer is not signed by one who knows INTERNAL_SECRET')
      }
      return answer
    } catch (error) {
      if (error instanceof TaskNotHereError) throw error
      const why = error instanceof Error && error.message !== '' ? error.message : String(error)
      throw new PeerUnavailableError(`${endpoint}: ${why}`, { cause: error })
    }
  }

  #exchange(
    url: URL,
    path: string,
    headers: Record<string, string | number>,
    body: Buffer,
    timeoutMs: number,
  ): Promise<{ response: IncomingMessage; answer: Buffer }> {
    const isTls = url.protocol === 'https:'
    return new Promise((resolve, reject) => {
      let lateness: Error | null = null
      const request = (isTls ? httpsRequest : httpRequest)(new URL(path, url), {
        method: 'POST',
        agent: isTls ? this.#tlsAgent : this.#agent,
        headers,
      })
      const timer = setTimeout(
        () => {
          lateness = new Error(`no answer within ${Math.round(timeoutMs)} ms`)
          request.destroy(lateness)
        },
        Math.max(1, timeoutMs),
      )
      const fail = (error: Error) => {
        clearTimeout(timer)
        request.destroy()
        reject(lateness ?? error)
      }
      request.on('error', fail)
      request.on('response', (response) => {
        readAll(response).then((answer) => {
          clearTimeout(timer)
          resolve({ response, answer })
        }, fail)
      })
      request.end(body)
    })
  }
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > PEER_ANSWER_BYTES_MAX) throw new Error(`more than ${PEER_ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** @throws {TaskNotHereError} @throws {Error} */
function assertAnswer({ statusCode, headers }: IncomingMessage, answer: Buffer): void {
  if (statusCode === 200 && headers['content-type'] === peerMediaType) return
  const { code, message } = errorOf(answer)
  if (statusCode === 421) throw new TaskNotHereError(message)
  throw new Error(`answered ${statusCode ?? 0} ${code}: ${message}`)
}

/** Of whatever it was that answered; it ends up in messages, so it is cut. */
function errorOf(answer: Buffer): { code: string; message: string } {
  try {
    const { error } = JSON.parse(answer.toString()) as { error: Record<string, unknown> }
    return {
      code: String(error['code']).slice(0, 50),
      message: String(error['message']).slice(0, 300),
    }
  } catch {
    return { code: 'UNKNOWN', message: 'not an answer of an instance' }
  }
}

function decoded<T>(endpoint: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new PeerUnavailableError(`${endpoint}: no answer to what was asked: ${why}`, {
      cause: error,
    })
  }
}

/** Shows this instance's certificate; believes the authority of all, or those of the system. */
function clientTls(tls: ApiTls | null): object {
  if (tls === null) return {}
  const { cert, clientCa, key } = tls
  return { cert, key, ...(clientCa === null ? {} : { ca: clientCa }) }
}

function toBase64(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64')
}
