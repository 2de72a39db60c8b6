import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { startProduct, type Product } from '../../cli/compose.ts'
import { resolveConfig } from '../../cli/config/resolve-config.ts'
import type { ResolvedConfig } from '../../cli/config/settings.ts'
import { openBroker } from '../../cli/open-broker.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { TRIGGER_TOPIC } from '../../topology/attribution/reference-trigger.ts'
import { productSerdes, productTopology } from '../../topology/product-topology.ts'
import { eventsBut } from './ignored-events.ts'

/** So often the reference's passes come here, instead of each minute. */
const REFERENCE_PASS_MS = 250

/** An instance on the embedded log, alone in a directory of its own. */
export interface ScenarioProduct {
  /** @throws a line was rejected */
  post(route: string, records: readonly object[]): Promise<void>
  /** Null: it is not there. @throws another answer than 200, or the instance has failed */
  get<T>(route: string): Promise<T | null>
  close(): Promise<void>
}

/** Resolves when it answers queries. */
export async function startScenarioProduct(
  policy: 'reference' | 'streaming',
): Promise<ScenarioProduct> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'attribution-scenario-'))
  const { config } = await resolveConfig({ env: { STATE_DIR: stateDir, PORT: '0' } })
  if (policy === 'reference') await createTriggers(config)
  let failure: unknown = null
  const product = await startProduct({
    config,
    logger: pino({ level: 'silent' }),
    events: eventsBut((error) => (failure = error)),
    ...(policy === 'reference'
      ? { topology: (registry: SchemaRegistry) => referenceTopology(config, registry) }
      : {}),
  })
  while (!(await fetch(`${product.url}/readyz`)).ok) await sleep(20)
  return {
    post: (route, records) => post(product, route, records),
    async get<T>(route: string) {
      if (failure !== null) throw new Error('the instance failed', { cause: failure })
      const answer = await fetch(`${product.url}/api/v1${route}`)
      if (answer.status === 404) return null
      if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as T
    },
    async close() {
      await product.close()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

function referenceTopology(config: ResolvedConfig, registry: SchemaRegistry) {
  return productTopology({
    attribution: { policy: 'reference' },
    clusterer: 'connected-components',
    genericEvidenceLimit: config.genericEvidenceLimit,
    hasWorkers: false,
    referencePassMs: REFERENCE_PASS_MS,
    serdes: productSerdes(registry, config.outputFormat),
  }).build()
}

/** The reference's bare events have a topic, which the product does not create. */
async function createTriggers(config: ResolvedConfig): Promise<void> {
  const log = await openBroker(config)
  await log.broker.createTopics([{ name: TRIGGER_TOPIC, partitions: config.partitions }])
  await log.close()
}

async function post(product: Product, route: string, records: readonly object[]): Promise<void> {
  const answer = await fetch(`${product.url}/api/v1${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  })
  const text = await answer.text()
  const { accepted } = JSON.parse(text) as { accepted?: number }
  if (accepted !== records.length) throw new Error(`${route}: ${answer.status} ${text}`)
}
