import { BrokerError, FatalBrokerError, RetriableError } from '../../errors.ts'
import type { Lane } from '../lane.ts'
import type { Api } from '../wire/api.ts'
import { WireReader } from '../wire/wire-reader.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import {
  type BrokerAddress,
  BrokerConnection,
  type ConnectionSettings,
} from './broker-connection.ts'
import { answerHasTags } from './request-header.ts'

export interface LaneSettings extends ConnectionSettings {
  /** For calls that give no timeout. */
  readonly requestTimeoutMs: number
}

interface Call {
  readonly api: Api<never, unknown>
  readonly body: readonly Buffer[]
  readonly resolve: (payload: Buffer) => void
  readonly reject: (error: BrokerError) => void
}

/**
 * A lane over one socket at a time.
 *
 * S1. Calls wait in one queue while there is no connection and leave in its order (L2).
 * S2. A call without an answer in time ends the connection, as in the Java client: a broker works
 *     off a connection in order, so what is behind it is stuck too, and a late answer must find
 *     nobody.
 * S3. The address is asked for at each opening: a broker may come back elsewhere.
 */
export class SocketLane implements Lane {
  readonly #address: () => BrokerAddress
  readonly #settings: LaneSettings
  readonly #onLost: () => void
  readonly #waiting: Call[] = []
  readonly #sent = new Set<Call>()
  #connection: BrokerConnection | null = null
  #isOpening = false
  #isClosed = false
  #onIdle: (() => void)[] = []

  /**
   * @param address may throw: the calls that wait then fail with it
   * @param onLost a connection failed, was lost, or was given up
   */
  constructor(address: () => BrokerAddress, settings: LaneSettings, onLost: () => void) {
    this.#address = address
    this.#settings = settings
    this.#onLost = onLost
  }

  async call<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    timeoutMs = this.#settings.requestTimeoutMs,
  ): Promise<Response> {
    if (this.#isClosed) throw new FatalBrokerError(`${api.name} called on a closed connection`)
    const writer = new WireWriter()
    api.encode(request, writer)
    const payload = await this.#exchange(api, writer.parts(), timeoutMs)
    const reader = new WireReader(payload)
    if (answerHasTags(api)) reader.tags()
    return api.decode(reader)
  }

  /** What is under way fails with {@link RetriableError}. */
  // eslint-disable-next-line @typescript-eslint/require-await -- another transport may have to wait
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const error = new RetriableError('the connection was closed by this client')
    this.#connection?.end(error)
    this.#rejectWaiting(error)
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    if (this.#waiting.length + this.#sent.size === 0) return
    await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  #exchange(api: Api<never, unknown>, body: readonly Buffer[], timeoutMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer)
        this.#sent.delete(call)
        this.#tellIdle()
      }
      const call: Call = {
        api,
        body,
        resolve: (payload) => {
          finish()
          resolve(payload)
          // The last answer of an expiring connection: who waits for another may open it.
          if (this.#waiting.length > 0) this.#pump()
        },
        reject: (error) => {
          finish()
          reject(error)
        },
      }
      const timer = setTimeout(() => this.#giveUp(call, timeoutMs), timeoutMs)
      this.#waiting.push(call)
      this.#pump()
    })
  }

  /** Sends what waits if it may be sent, else sees to a connection. */
  #pump(): void {
    const connection = this.#connection
    if (connection?.isOpen !== true) {
      this.#open()
    } else if (!connection.isExpiring) {
      this.#sendWaiting(connection)
    } else if (this.#sent.size === 0) {
      // Only when all is answered: sent on two sockets, produce requests could overtake.
      connection.end(new RetriableError('the session of this connection has expired'))
    }
  }

  #sendWaiting(connection: BrokerConnection): void {
    for (const call of this.#waiting.splice(0)) {
      this.#sent.add(call)
      connection.send(call.api, call.body, call.resolve, call.reject)
    }
  }

  #open(): void {
    if (this.#isOpening) return
    this.#isOpening = true
    void this.#connect().then(
      (connection) => {
        this.#isOpening = false
        this.#connection = connection
        if (this.#isClosed) connection.end(new RetriableError('closed while it was opened'))
        else this.#pump()
      },
      (error: unknown) => {
        this.#isOpening = false
        this.#onLost()
        this.#rejectWaiting(error instanceof BrokerError ? error : unexpected(error))
      },
    )
  }

  async #connect(): Promise<BrokerConnection> {
    return await BrokerConnection.open(this.#address(), this.#settings, () => {
      this.#connection = null
      if (this.#isClosed) return
      this.#onLost()
      if (this.#waiting.length > 0) this.#open()
    })
  }

  #giveUp(call: Call, timeoutMs: number): void {
    const { name } = call.api
    if (this.#sent.has(call)) {
      this.#connection?.end(
        new RetriableError(
          `${this.#where()} gave no answer to ${name} within ${timeoutMs} ms: the connection is given up`,
        ),
      )
      return
    }
    const place = this.#waiting.indexOf(call)
    if (place >= 0) this.#waiting.splice(place, 1)
    call.reject(
      new RetriableError(`${this.#where()}: no connection for ${name} within ${timeoutMs} ms`),
    )
  }

  #rejectWaiting(error: BrokerError): void {
    for (const call of this.#waiting.splice(0)) call.reject(error)
  }

  #where(): string {
    try {
      const { host, port } = this.#address()
      return `broker ${host}:${port}`
    } catch {
      return 'the broker'
    }
  }

  #tellIdle(): void {
    if (this.#waiting.length + this.#sent.size > 0) return
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }
}

function unexpected(error: unknown): FatalBrokerError {
  return new FatalBrokerError('a connection could not be made', { cause: error })
}
