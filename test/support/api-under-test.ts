import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { workerControlEncoder } from '../../api/worker-control-encoder.ts'
import { recordLineEncoders } from '../../api/ingest/record-line-encoder.ts'
import type { ApiOptions } from '../../api/options.ts'
import { createApi } from '../../api/server.ts'
import { IdentityExplainer } from '../../runtime/explain/identity-explainer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { WORKERS } from '../../schemas/worker-records.ts'
import {
  attackerLinksStore,
  attackerObservationsStore,
  attributionProfilesStore,
  identityMembersStore,
  multiActorWindowsStore,
} from '../../state/attribution-rows.ts'
import {
  campaignIdentitiesStore,
  campaignMembersStore,
  campaignsStore,
} from '../../state/campaign-rows.ts'
import {
  identitiesStore,
  identityAttackersStore,
  identityComponentsStore,
  identityHistoryStore,
} from '../../state/identity-rows.ts'
import { workerStoreName } from '../../state/worker-rows.ts'
import { MemoryDeadLetters } from './memory-dead-letters.ts'
import { MemoryFeed } from './memory-feed.ts'
import { MemoryIngest } from './memory-ingest.ts'
import { MemoryQuery } from './memory-query.ts'

export interface ApiUnderTest {
  readonly app: FastifyInstance
  readonly query: MemoryQuery
  readonly ingest: MemoryIngest
  readonly feed: MemoryFeed
  readonly deadLetters: MemoryDeadLetters
  /** What was logged as a warning or worse, a JSON text each. */
  readonly log: readonly string[]
}

export const testNowMs = 1_700_000_000_000

/** The whole API over ports in memory; closed when the test ends. */
export function apiUnderTest(options: Partial<ApiOptions> = {}): ApiUnderTest {
  const query = new MemoryQuery()
  for (const store of [
    attackerLinksStore,
    attackerObservationsStore,
    attributionProfilesStore,
    identityMembersStore,
    multiActorWindowsStore,
    identitiesStore,
    identityAttackersStore,
    identityComponentsStore,
    identityHistoryStore,
    campaignsStore,
    campaignIdentitiesStore,
    campaignMembersStore,
    ...WORKERS.map(workerStoreName),
  ]) {
    query.store(store)
  }
  const ingest = new MemoryIngest()
  const feed = new MemoryFeed()
  const deadLetters = new MemoryDeadLetters()
  const log: string[] = []
  const app = createApi({
    query,
    ingest,
    events: feed,
    deadLetters,
    explain: new IdentityExplainer(query),
    topologyDescription: { json: { nodes: [] }, text: 'text', dot: 'digraph {}', mermaid: 'flow' },
    encoders: recordLineEncoders(new InProcessRegistry(), 'avro'),
    encodeControl: workerControlEncoder(new InProcessRegistry(), 'avro'),
    metrics: new Registry(),
    tokens: [],
    host: '127.0.0.1',
    logger: pino({ level: 'warn' }, { write: (line) => void log.push(line) }),
    clock: () => testNowMs,
    ...options,
  })
  onTestFinished(() => app.close())
  return { app, query, ingest, feed, deadLetters, log }
}

/** Listens on a free port. */
export async function listen(app: FastifyInstance): Promise<{ port: number; url: string }> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}` }
}
