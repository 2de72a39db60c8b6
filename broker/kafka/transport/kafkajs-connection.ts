import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { FatalBrokerError } from '../../errors.ts'

/**
 * All that is used of kafkajs: its connection, which frames answers, matches them with requests
 * by correlation id, and authenticates by SASL. Reached by its inner path, because the package
 * exports only whole clients; so version and members are asserted before the first use.
 *
 * Source: kafkajs 2.2.4, src/network/connection.js and src/network/requestQueue.
 */
export interface KafkajsConnection {
  connect(): Promise<unknown>
  /** SASL; nothing without credentials. */
  authenticate(): Promise<void>
  nextCorrelationId(): number
  /** Takes bytes from the socket; called by kafkajs through the object, so it may be replaced. */
  processData(bytes: Buffer): void
  /** Size of the answer that has begun to arrive, its length field included. */
  readonly bytesNeeded: number
  readonly requestQueue: KafkajsRequestQueue
  /** How long the broker accepts this authentication (KIP-368), a `Long`; 0: for ever. */
  readonly sessionLifetime: { toString(): string }
  setVersions(versions: Record<number, { minVersion: number; maxVersion: number }>): void
  setSupportAuthenticationProtocol(isSupported: boolean): void
}

interface KafkajsRequestQueue {
  push(request: {
    entry: KafkajsEntry
    expectResponse: true
    requestTimeout: null
    sendRequest: () => void
  }): void
  rejectAll(error: Error): void
  scheduleCheckPendingRequests(): void
}

interface KafkajsEntry {
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
  readonly correlationId: number
  readonly resolve: (answer: { payload: Buffer }) => void
  readonly reject: (error: Error) => void
}

export interface KafkajsOptions {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly connectTimeoutMs: number
  readonly sasl: { mechanism: string; username: string; password: string } | null
  /** Makes the socket; kafkajs adds its listeners after it returns. */
  readonly openSocket: (onConnect: () => void) => Socket
}

const VERSION = '2.2.4'
const SASL_HANDSHAKE = 17
const SASL_AUTHENTICATE = 36

type ConnectionClass = new (options: Record<string, unknown>) => KafkajsConnection

const require = createRequire(import.meta.url)
let connectionClass: ConnectionClass | null = null

/** @throws {FatalBrokerError} the installed kafkajs is not the one this was written for */
export function newKafkajsConnection(options: KafkajsOptions): KafkajsConnection {
  connectionClass ??= loadConnectionClass()
  return construct(connectionClass, options)
}

function construct(Connection: ConnectionClass, options: KafkajsOptions): KafkajsConnection {
  const connection = new Connection({
    host: options.host,
    port: options.port,
    clientId: options.clientId,
    // kafkajs keeps a provider on the object that it is given: a copy each.
    sasl: options.sasl === null ? null : { ...options.sasl },
    socketFactory: ({ onConnect }: { onConnect: () => void }) => options.openSocket(onConnect),
    connectionTimeout: options.connectTimeoutMs,
    // Timeouts are the lane's: kafkajs cannot shorten one, and would scan ten times a second.
    enforceRequestTimeout: false,
    requestTimeout: options.connectTimeoutMs,
    maxInFlightRequests: null,
    logger: silentLogger,
  })
  // Nothing ever waits in the queue (no cap, no throttling), yet kafkajs looks every millisecond.
  connection.requestQueue.scheduleCheckPendingRequests = () => undefined
  // What every broker since 2.5 speaks; asking first would be a round trip a connection.
  connection.setVersions({
    [SASL_HANDSHAKE]: { minVersion: 0, maxVersion: 1 },
    [SASL_AUTHENTICATE]: { minVersion: 0, maxVersion: 1 },
  })
  connection.setSupportAuthenticationProtocol(true)
  return connection
}

function loadConnectionClass(): ConnectionClass {
  const { version } = require('kafkajs/package.json') as { version: string }
  if (version !== VERSION) {
    throw new FatalBrokerError(
      `kafkajs ${version} is installed, ${VERSION} is needed: run npm ci in the program's folder`,
    )
  }
  const Connection = require('kafkajs/src/network/connection') as ConnectionClass
  const missing = missingMembers(Connection)
  if (missing.length > 0) {
    throw new FatalBrokerError(`kafkajs ${VERSION} lacks ${missing.join(', ')}: run npm ci`)
  }
  return Connection
}

function missingMembers(Connection: ConnectionClass): string[] {
  const probe = new Connection({
    host: 'localhost',
    port: 0,
    requestTimeout: 0,
    connectionTimeout: 0,
    logger: silentLogger,
  })
  const isFunction = (owner: object, name: string): boolean =>
    typeof (owner as Record<string, unknown>)[name] === 'function'
  const { requestQueue, sessionLifetime } = probe as Partial<KafkajsConnection>
  return [
    ...[
      'connect',
      'authenticate',
      'nextCorrelationId',
      'processData',
      'setVersions',
      'setSupportAuthenticationProtocol',
    ].filter((name) => !isFunction(probe, name)),
    ...['push', 'rejectAll', 'scheduleCheckPendingRequests']
      .filter((name) => requestQueue === undefined || !isFunction(requestQueue, name))
      .map((name) => `requestQueue.${name}`),
    ...(typeof probe.bytesNeeded === 'number' ? [] : ['bytesNeeded']),
    ...(sessionLifetime === undefined ? ['sessionLifetime'] : []),
  ]
}

/** kafkajs logs errors that it also throws; they are told once, by who catches them. */
const silentLogger = {
  namespace: (): unknown => silentLogger,
  debug: (): void => undefined,
  info: (): void => undefined,
  warn: (): void => undefined,
  error: (): void => undefined,
}
