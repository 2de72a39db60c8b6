import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { pino } from 'pino'
import { startProduct, type Product } from '../../cli/compose.ts'
import { resolveConfig } from '../../cli/config/resolve-config.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { violations } from './attribution-oracle.ts'
import { ChaosLoad, type LoadOptions } from './chaos/chaos-load.ts'
import { gatherEvidence } from './evidence.ts'
import { eventsBut } from './ignored-events.ts'
import { connectPlain } from './kafka/plain-client.ts'
import { untilQuiet } from './quiet-engine.ts'

const SETTLE_TIMEOUT_MS = 60_000

/** What an instance told its surroundings. */
export interface Told {
  readonly retries: { readonly what: string; readonly message: string; readonly pauseMs: number }[]
  readonly warnings: string[]
  readonly fatal: unknown[]
}

/**
 * The product in this process on a Kafka broker, fed with a load that goes on whatever happens, and
 * judged at the end by the plain fold of what the log holds.
 */
export class JudgedProduct {
  readonly told: Told
  readonly #product: Product
  readonly #applicationId: string
  readonly #bootstrapServers: string
  #loads = 0

  private constructor(
    product: Product,
    told: Told,
    { APPLICATION_ID, BOOTSTRAP_SERVERS }: JudgedSettings,
  ) {
    this.told = told
    this.#product = product
    this.#applicationId = APPLICATION_ID
    this.#bootstrapServers = BOOTSTRAP_SERVERS
  }

  static async start(settings: JudgedSettings): Promise<JudgedProduct> {
    const told: Told = { retries: [], warnings: [], fatal: [] }
    const { config } = await resolveConfig({
      env: { PORT: '0', CREATE_TOPICS: 'all', PARTITIONS: '2', ...settings },
    })
    const product = await startProduct({
      config,
      logger: pino({ level: 'silent' }),
      events: {
        ...eventsBut((error) => told.fatal.push(error)),
        onLost: () => told.warnings.push('lost'),
        onWarning: (message) => told.warnings.push(message),
        onRetry: (what, error, pauseMs) => {
          told.retries.push({ what, message: (error as Error).message, pauseMs })
        },
      },
    })
    return new JudgedProduct(product, told, settings)
  }

  get engine(): Product['engine'] {
    return this.#product.engine
  }

  /** Status of `/readyz`, and why. */
  async readiness(): Promise<{ status: number; reasons: readonly string[] }> {
    const answer = await fetch(`${this.#product.url}/readyz`)
    const { reasons } = (await answer.json()) as { reasons: string[] }
    return { status: answer.status, reasons }
  }

  /**
   * Sends observations of a hundred attackers, waiting for a broker that is away.
   * @returns ids of those acknowledged
   */
  async load(options: Pick<LoadOptions, 'records' | 'durationMs' | 'paddingBytes'>) {
    const broker = await this.#connect()
    const load = new ChaosLoad({ seed: ++this.#loads, attackers: 100, ...options })
    await load.send(broker)
    await broker.close()
    return load.acknowledged
  }

  /** What is wrong when everything is processed, by the oracle. */
  async violations(acknowledged: ReadonlySet<string>): Promise<readonly string[]> {
    const { instance } = this.engine
    await untilQuiet(instance, SETTLE_TIMEOUT_MS).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}: ${this.#describe()}`, { cause: error })
    })
    const broker = await this.#connect()
    const evidence = await gatherEvidence(this.#applicationId, broker, instance, acknowledged)
    await broker.close()
    return violations(evidence, stubIdentity)
  }

  /** Where it stands, for who looks into a run that does not end. */
  #describe(): string {
    const { instance } = this.engine
    const tasks = [...instance.runners.values()].map(({ isRetrying, isStalled, task }) => {
      const { id, isDirty, queues, state } = task
      const lags = queues.map(({ fetchedTo, lag, nextOffset }) => [lag, fetchedTo, nextOffset])
      return { id, state, isRetrying, isStalled, isDirty, lags }
    })
    const { state, routing } = instance
    return inspect({ state, isMember: routing !== null, tasks, told: this.told }, { depth: 6 })
  }

  async close(): Promise<void> {
    await this.#product.close()
  }

  /** A producer of its own, on a broker that may be away. */
  async #connect(): ReturnType<typeof connectPlain> {
    for (;;) {
      try {
        return await connectPlain(this.#bootstrapServers)
      } catch {
        await pause(200)
      }
    }
  }
}

export interface JudgedSettings {
  readonly BOOTSTRAP_SERVERS: string
  readonly APPLICATION_ID: string
  readonly STATE_DIR: string
  readonly [name: string]: string
}
