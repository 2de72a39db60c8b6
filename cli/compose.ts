import { isIPv6, type AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import type { TokenConfig } from '../api/bearer-tokens.ts'
import type { LineEncoders } from '../api/ingest/line-encoder.ts'
import { recordLineEncoders } from '../api/ingest/record-line-encoder.ts'
import type { ApiOptions } from '../api/options.ts'
import { createApi } from '../api/server.ts'
import { workerControlEncoder } from '../api/worker-control-encoder.ts'
import { IdentityExplainer } from '../runtime/explain/identity-explainer.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import { describe } from '../topology/describe.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { apiTls, peersOf, type Peers } from './peers.ts'
import { observationTopics } from './public-topics.ts'
import { startEngine, type Engine, type EngineOptions } from './engine.ts'

/** The whole product, running: engine and HTTP. */
export interface Product {
  readonly engine: Engine
  /** How lines of input become records of the log, as the HTTP routes do it. */
  readonly encoders: LineEncoders
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string
  /** HTTP ends first, so that what was accepted is still committed; may be called twice. */
  close(): Promise<void>
}

export interface ProductOptions {
  readonly config: ResolvedConfig
  readonly events: EngineOptions['events']
  readonly logger: NonNullable<ApiOptions['logger']>
  /** What runs. @default what the configuration says */
  readonly topology?: NonNullable<EngineOptions['topology']>
}

/**
 * Starts everything; resolves when HTTP answers. Tasks may still restore: `/readyz` tells.
 * @throws whatever made the start impossible; what was opened is closed again
 */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { config, events, logger, topology } = options
  const metrics = new Registry()
  const tls = await apiTls(config)
  const peers = peersOf(config, tls)
  warnOfUnreachable(config, peers, logger)
  const engine = await startEngine({
    config,
    events,
    metrics,
    peers: peers.client,
    ...(topology === undefined ? {} : { topology }),
  })
  let api: ReturnType<typeof createApi> | null = null
  let closed: Promise<void> | null = null
  const closeAll = async (): Promise<void> => {
    await api?.close()
    await engine.close()
    peers.client?.close()
  }
  const close = (): Promise<void> => (closed ??= closeAll())
  try {
    const encoders = inputEncoders(config, engine.registry)
    const { query, ingest, events: feed } = engine
    api = createApi({
      query,
      ingest,
      events: feed,
      deadLetters: engine.deadLetters,
      explain: new IdentityExplainer(query),
      topologyDescription: describe(engine.topology),
      encoders,
      encodeControl: workerControlEncoder(engine.registry, config.outputFormat),
      metrics,
      tokens: tokensOf(config),
      host: config.host,
      logger,
      clock: Date.now,
      ...(tls === null ? {} : { tls }),
      ...(peers.client === null ? {} : { peer: { ...peers.access, service: query.reader } }),
    })
    await api.listen({ host: config.host, port: config.port })
    return {
      engine,
      encoders,
      url: urlOf(tls === null ? 'http' : 'https', api.server.address()),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** On a cluster there may be others, whose clients would hear 503 for what is here. */
function warnOfUnreachable(
  { applicationServer, bootstrapServers }: ResolvedConfig,
  peers: Peers,
  logger: ProductOptions['logger'],
): void {
  if (bootstrapServers === null) return
  const absent = [
    ...(applicationServer === null ? ['APPLICATION_SERVER (how they reach this one)'] : []),
    ...(peers.client === null ? ['INTERNAL_SECRET (how instances know each other)'] : []),
  ]
  if (absent.length === 0) return
  logger.warn(`queries do not cross instances: without ${absent.join(' and ')} others cannot ask`)
}

function inputEncoders(config: ResolvedConfig, registry: SchemaRegistry): LineEncoders {
  return recordLineEncoders(registry, config.outputFormat, observationTopics(config)[0])
}

function tokensOf(config: ResolvedConfig): TokenConfig[] {
  const scopes = [
    ['read', config.apiTokensRead],
    ['write', config.apiTokensWrite],
    ['admin', config.apiTokensAdmin],
  ] as const
  return scopes.flatMap(([scope, digests]) =>
    digests.map((sha256, index) => ({ name: `${scope}-${index + 1}`, sha256, scopes: [scope] })),
  )
}

function urlOf(scheme: string, address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('HTTP has no address')
  // The address of "every interface" is none that a client could use.
  const host = address.address.replace(/^0\.0\.0\.0$/, '127.0.0.1').replace(/^::$/, '::1')
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${address.port}`
}
