import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { onTestFinished, vi } from 'vitest'
import { recordLineEncoders } from '../../api/ingest/record-line-encoder.ts'
import { workerControlEncoder } from '../../api/worker-control-encoder.ts'
import type { ApiTls } from '../../api/options.ts'
import { PeerHttpClient } from '../../api/peer/peer-http-client.ts'
import { createApi, type Api } from '../../api/server.ts'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import type { EmbeddedClient } from '../../broker/embedded/embedded-client.ts'
import { IdentityExplainer } from '../../runtime/explain/identity-explainer.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import { QueryRouter } from '../../runtime/query/query-router.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { countingTopology } from '../simulation/counting-topology.ts'
import { eventsBut } from './ignored-events.ts'
import { MemoryDeadLetters } from './memory-dead-letters.ts'
import { MemoryFeed } from './memory-feed.ts'

export const testSecret = 'a secret of the tests, of no use elsewhere'

export interface GroupSettings {
  /** @default 0 */
  readonly numStandbyReplicas?: number
  /** Null: none. @default {@link testSecret} */
  readonly secret?: string | null
  readonly tls?: ApiTls
}

interface Body {
  readonly meta: {
    readonly stale: boolean
    readonly lag: number
    readonly positions: readonly { readonly role: string; readonly staleness_ms: number }[]
    readonly missing: readonly { readonly partition: number; readonly reason: string }[]
  }
  readonly value: number
  readonly data: readonly { readonly key: readonly string[]; readonly value: number }[]
  readonly next: string | null
  readonly error: { readonly code: string; readonly message: string }
}

export interface HttpAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: Body
}

/** One instance of the counting topology, reached over HTTP. */
export class HttpMember {
  readonly instance: StreamsInstance
  readonly router: QueryRouter
  readonly client: EmbeddedClient
  readonly #peers: PeerHttpClient | null
  readonly #api: Api
  #url = ''

  constructor(client: EmbeddedClient, { numStandbyReplicas = 0, secret, tls }: GroupSettings) {
    const topology = countingTopology()
    const ignore = () => undefined
    const home = {
      open: () => Promise.resolve(new MemoryDatabase()),
      destroy: () => Promise.resolve(),
      existing: () => Promise.resolve([]),
    }
    const url = () => this.#url
    this.client = client
    this.instance = new StreamsInstance({
      settings: {
        applicationId: 'sim',
        commitIntervalMs: 20,
        checkpointIntervalMs: 100,
        memoryBytesMax: 1024 * 1024,
        numStandbyReplicas,
        sessionTimeoutMs: 5_000,
        // Known when it listens, which is before it joins.
        get applicationServer() {
          return url()
        },
      },
      topology,
      broker: client,
      directory: new TaskStateDirectory(home, systemClock, ignore),
      clock: systemClock,
      topics: [],
      events: eventsBut(ignore),
    })
    const known = secret === undefined ? testSecret : secret
    const byCertificate = tls !== undefined && tls.clientCa !== null
    const isProved = known !== null || byCertificate
    this.#peers = isProved
      ? new PeerHttpClient({ secret: known, tls: tls ?? null, clock: Date.now })
      : null
    this.router = new QueryRouter({
      instance: this.instance,
      broker: client,
      topology,
      applicationId: 'sim',
      clock: systemClock,
      peers: this.#peers,
    })
    this.#api = createApi({
      query: this.router,
      ingest: { append: () => Promise.resolve([]) },
      events: new MemoryFeed(),
      deadLetters: new MemoryDeadLetters(),
      explain: new IdentityExplainer(this.router),
      topologyDescription: { json: {}, text: '', dot: '', mermaid: '' },
      encoders: recordLineEncoders(new InProcessRegistry(), 'avro'),
      encodeControl: workerControlEncoder(new InProcessRegistry(), 'avro'),
      metrics: new Registry(),
      tokens: [],
      host: '127.0.0.1',
      clock: Date.now,
      logger: pino({ level: 'silent' }),
      ...(tls === undefined ? {} : { tls }),
      ...(isProved ? { peer: { secret: known, byCertificate, service: this.router.reader } } : {}),
    })
  }

  get url(): string {
    return this.#url
  }

  async start(): Promise<void> {
    await this.#api.listen({ host: '127.0.0.1', port: 0 })
    const { port } = this.#api.server.address() as AddressInfo
    const scheme = 'setSecureContext' in this.#api.server ? 'https' : 'http'
    this.#url = `${scheme}://127.0.0.1:${port}`
    await this.instance.start()
  }

  async get(path: string): Promise<HttpAnswer> {
    const { body, headers, statusCode } = await this.#api.inject(`/api/v1${path}`)
    const retryAfter = headers['retry-after']
    return {
      status: statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
      body: JSON.parse(body) as Body,
    }
  }

  count(key: string, bounds = ''): Promise<HttpAnswer> {
    return this.get(`/stores/counts/keys/${key}${bounds}`)
  }

  /** Leaves in good order. */
  async leave(): Promise<void> {
    await this.#api.close()
    await this.instance.close()
    this.#peers?.close()
  }

  /** Dies: nobody listens there, and the group hears nothing of it. */
  async die(): Promise<void> {
    this.client.sever()
    await this.#api.close()
    this.#peers?.close()
  }
}

/** Instances of one application, each with HTTP of its own, on one log. */
export class HttpGroup {
  readonly members: HttpMember[] = []
  readonly #broker: EmbeddedBroker
  readonly #ingest: IngestService

  private constructor(broker: EmbeddedBroker) {
    this.#broker = broker
    this.#ingest = new IngestService(broker)
  }

  /** A group of so many members that all run; ends with the test. */
  static async start(
    size: number,
    settings: GroupSettings | ((i: number) => GroupSettings) = {},
  ): Promise<HttpGroup> {
    const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
    await broker.createTopics([
      { name: 'in', partitions: 4 },
      { name: 'out', partitions: 4 },
    ])
    const group = new HttpGroup(broker)
    onTestFinished(async () => {
      await Promise.all(group.members.map((member) => member.leave().catch(() => undefined)))
      await broker.close()
    })
    for (let i = 0; i < size; i++) {
      await group.join(typeof settings === 'function' ? settings(i) : settings)
    }
    await group.untilShared()
    return group
  }

  async join(settings: GroupSettings = {}): Promise<HttpMember> {
    const member = new HttpMember(this.#broker.connect(), settings)
    this.members.push(member)
    await member.start()
    return member
  }

  /** @returns where the records end */
  async append(keys: readonly string[]): Promise<string> {
    const records = keys.map((key) => ({ key, value: Buffer.from('a'), timestampMs: 1 }))
    const ends = await this.#ingest.append('in', records)
    return ends.map(({ topic, partition, offset }) => `${topic}:${partition}:${offset}`).join(',')
  }

  /** Until every task runs somewhere, nobody has more than his share, and all know it. */
  async untilShared(members: readonly HttpMember[] = this.members): Promise<void> {
    const share = Math.ceil(8 / members.length)
    await vi.waitFor(
      () => {
        const running = members.map(({ instance }) =>
          [...instance.runners.values()].filter(({ task }) => task.state === 'running'),
        )
        const counts = running.map(({ length }) => length)
        if (counts.reduce((sum, count) => sum + count) !== 8 || Math.max(...counts) > share) {
          throw new Error(`tasks run: ${counts.join(', ')}`)
        }
        for (const { instance } of members) {
          const isKnown = running.flat().every(({ task }) => instance.routing?.active(task.id))
          if (!isKnown) throw new Error('routing is behind')
        }
      },
      { timeout: 20_000, interval: 50 },
    )
  }

  /** The member that owns the task of a key of `counts`, and one that does not. */
  ownerOf(partition: number): { owner: HttpMember; other: HttpMember } {
    const owner = this.members.find(({ instance }) => instance.runners.has(`0_${partition}`))!
    return { owner, other: this.members.find((member) => member !== owner)! }
  }
}
