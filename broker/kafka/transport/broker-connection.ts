import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { BrokerError, RetriableError } from '../../errors.ts'
import type { Api } from '../wire/api.ts'
import {
  closed,
  type ConnectionStage,
  notKafka,
  refusedCredentials,
  socketError,
} from './connection-errors.ts'
import { newKafkajsConnection, type KafkajsConnection } from './kafkajs-connection.ts'
import { isApiVersions, requestHeader } from './request-header.ts'
import type { SaslCredentials, SecurityProtocol, TlsConnectOptions } from './security.ts'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface ConnectionSettings {
  readonly clientId: string
  readonly protocol: SecurityProtocol
  readonly tls: TlsConnectOptions | null
  readonly sasl: SaslCredentials | null
  /** For TCP, TLS and SASL together. */
  readonly connectTimeoutMs: number
}

const KEEP_ALIVE_MS = 60_000
/** More than any fetch asks for: a length beyond is TLS or HTTP taken for one. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024
/** Share of a session's lifetime after which it takes no new requests. */
const EXPIRY_SHARE = 0.85

/**
 * One socket to a broker, from its opening to its end; never opened again.
 *
 * B1. kafkajs keeps half an answer across a reconnect, so each socket has a connection object of
 *     its own: bytes and correlation ids of an earlier socket cannot reach a later request.
 * B2. It ends once, by the first cause; every request under way then fails with that cause.
 * B3. Nothing that a peer sends may throw out of the socket's events: it ends the connection.
 */
export class BrokerConnection {
  readonly #where: string
  readonly #settings: ConnectionSettings
  readonly #clientId: Buffer
  readonly #kafkajs: KafkajsConnection
  #socket: Socket | null = null
  #stage: ConnectionStage = 'connecting'
  #failure: BrokerError | null = null
  #onEnd: (error: BrokerError) => void = () => undefined
  #expiresAt = Infinity

  private constructor(address: BrokerAddress, settings: ConnectionSettings) {
    this.#where = `broker ${address.host}:${address.port}`
    this.#settings = settings
    this.#clientId = Buffer.from(settings.clientId)
    this.#kafkajs = newKafkajsConnection({
      ...address,
      clientId: settings.clientId,
      connectTimeoutMs: settings.connectTimeoutMs,
      sasl: settings.sasl,
      openSocket: (onConnect) => this.#openSocket(address, onConnect),
    })
    this.#guardAnswers()
  }

  /** Connects and authenticates. @throws {RetriableError | FatalBrokerError} */
  static async open(
    address: BrokerAddress,
    settings: ConnectionSettings,
    onEnd: () => void,
  ): Promise<BrokerConnection> {
    const connection = new BrokerConnection(address, settings)
    await connection.#open()
    connection.#onEnd = onEnd
    return connection
  }

  get isOpen(): boolean {
    return this.#failure === null
  }

  /** KIP-368: the broker will soon want a new authentication; a new connection brings it. */
  get isExpiring(): boolean {
    return performance.now() >= this.#expiresAt
  }

  /** Sends at once. Exactly one of the two is called, once. */
  send(
    api: Api<never, unknown>,
    body: readonly Buffer[],
    onAnswer: (payload: Buffer) => void,
    onFailure: (error: BrokerError) => void,
  ): void {
    if (this.#failure !== null) {
      onFailure(this.#failure)
      return
    }
    const correlationId = this.#kafkajs.nextCorrelationId()
    let bodyBytes = 0
    for (const part of body) bodyBytes += part.length
    const header = requestHeader(api, correlationId, this.#clientId, bodyBytes)
    this.#kafkajs.requestQueue.push({
      entry: {
        apiKey: api.key,
        apiName: api.name,
        apiVersion: api.version,
        correlationId,
        resolve: ({ payload }) => {
          if (!isApiVersions(api)) this.#stage = 'answering'
          onAnswer(payload)
        },
        reject: (error) => onFailure(this.#failure ?? this.#lost(error)),
      },
      expectResponse: true,
      requestTimeout: null,
      sendRequest: () => this.#write(header, body),
    })
  }

  /** Ends the connection; requests under way fail with `error`. */
  end(error: BrokerError): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#kafkajs.requestQueue.rejectAll(error)
    // With an error, so that kafkajs hears of it and drops its own timer.
    this.#socket?.destroy(error)
    this.#onEnd(error)
  }

  async #open(): Promise<void> {
    const { connectTimeoutMs, sasl } = this.#settings
    const ended = new Promise<never>((_, reject) => {
      this.#onEnd = reject
    })
    const timer = setTimeout(() => {
      this.end(
        new RetriableError(
          `${this.#where}: no connection within ${connectTimeoutMs} ms, still ${this.#stage}`,
        ),
      )
    }, connectTimeoutMs)
    try {
      await Promise.race([ended, this.#kafkajs.connect()])
      if (sasl !== null) {
        this.#stage = 'authenticating'
        await Promise.race([ended, this.#kafkajs.authenticate()])
        const lifetimeMs = Number(this.#kafkajs.sessionLifetime.toString())
        if (lifetimeMs > 0) this.#expiresAt = performance.now() + lifetimeMs * EXPIRY_SHARE
      }
      this.#stage = 'unanswered'
    } catch (error) {
      this.end(this.#openingError(error as Error))
      throw this.#failure!
    } finally {
      clearTimeout(timer)
    }
  }

  #openingError(error: Error): BrokerError {
    if (error instanceof BrokerError) return error
    const { protocol, sasl } = this.#settings
    if (this.#stage === 'authenticating') {
      return refusedCredentials(this.#where, protocol, sasl?.mechanism ?? '', error)
    }
    return socketError(this.#where, protocol, this.#stage, error)
  }

  #openSocket({ host, port }: BrokerAddress, onConnect: () => void): Socket {
    const { tls } = this.#settings
    const socket =
      tls === null
        ? connectTcp({ host, port }, onConnect)
        : connectTls(
            { host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...tls },
            onConnect,
          )
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    // Small requests follow each other; Nagle would hold the second until the first is answered.
    socket.setNoDelay(true)
    // Before kafkajs's own listeners, so that nothing is sent between its noticing and ours.
    socket.on('error', (error: Error) =>
      this.end(socketError(this.#where, this.#settings.protocol, this.#stage, error)),
    )
    socket.on('end', () => this.end(this.#lost()))
    socket.on('close', () => this.end(this.#lost()))
    this.#socket = socket
    return socket
  }

  #write(header: Buffer, body: readonly Buffer[]): void {
    const socket = this.#socket!
    socket.cork()
    socket.write(header)
    for (const part of body) socket.write(part)
    socket.uncork()
  }

  /** kafkajs trusts lengths; a peer that is no broker would make it throw inside an event. */
  #guardAnswers(): void {
    const kafkajs = this.#kafkajs
    const processData = kafkajs.processData.bind(kafkajs)
    kafkajs.processData = (bytes) => {
      try {
        processData(bytes)
        if (kafkajs.bytesNeeded <= ANSWER_BYTES_MAX) return
      } catch {
        // Ended below: what threw is a length that no broker sends.
      }
      this.end(notKafka(this.#where, this.#settings.protocol))
    }
  }

  #lost(cause?: Error): RetriableError {
    return closed(this.#where, this.#settings.protocol, this.#stage, cause)
  }
}
