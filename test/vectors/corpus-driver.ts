import { fromByteString } from '../../bytes/byte-string.ts'
import { type PipedRecord, TopologyTestDriver } from '../../runtime/topology-test-driver.ts'
import type { TechniqueTag } from '../../schemas/cluster-records.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { WorkerControl } from '../../schemas/worker-records.ts'
import type { AttackerLink } from '../../topology/attribution/attacker-link.ts'
import { MergeChains } from '../../topology/clustering/merge-chains.ts'
import { type ProductSerdes, productTopology } from '../../topology/product-topology.ts'
import { type Actor, type ClusteredCorpus, judgedCorpus } from './corpus.ts'
import { inputOf } from './corpus-input.ts'
import { groupsBy } from './groups.ts'
import type { PolicyName } from './vector-driver.ts'
import {
  campaignVectorSerdes,
  identityVectorSerdes,
  read,
  vectorSerdes,
  write,
} from './vector-serdes.ts'

const workerSerdes = {
  control: (raw: Parameters<typeof read>[0]) => read(raw) as WorkerControl,
  health: write,
}

const serdes: ProductSerdes = {
  attribution: vectorSerdes,
  techniqueTag: (raw) => read(raw) as TechniqueTag,
  identity: identityVectorSerdes,
  campaign: campaignVectorSerdes,
  workers: { identify: workerSerdes, campaign: workerSerdes },
}

/** Later than every session of the vectors. */
const NOW_MS = 4_000_000_000_000
const TICK_MS = 60_000
/** Passes until all is told: one of identities, one of campaigns, and one for what comes late. */
const TICKS = 3

/** The whole product in a test driver: profiles and tags in, identities and campaigns out. */
export async function clusteredByTopology(
  actors: readonly Actor[],
  policy: PolicyName,
): Promise<ClusteredCorpus> {
  const topology = productTopology({
    attribution: { policy },
    clusterer: 'connected-components',
    genericEvidenceLimit: 1_000,
    hasWorkers: false,
    serdes,
  }).build()
  const driver = new TopologyTestDriver(topology, { wallClockMs: NOW_MS })
  await driver.pipeBatch(recordsOf(actors))
  for (let tick = 0; tick < TICKS; tick++) await driver.advanceWallClock(TICK_MS)
  const [failure] = [...driver.failures, ...driver.deadLetters]
  if (failure !== undefined) throw new Error('the topology failed', { cause: failure })
  const identities = await identitiesOf(driver)
  const campaigns = await campaignsOf(driver)
  const ofActor = ({ id }: Actor): string => identities.get(id)!
  return judgedCorpus(
    actors,
    groupsBy(actors, ofActor),
    groupsBy(actors, (actor) => campaigns.get(ofActor(actor))!),
  )
}

function* recordsOf(actors: readonly Actor[]): Generator<PipedRecord & { readonly topic: string }> {
  const timestampMs = NOW_MS
  for (const actor of actors) {
    const { profile, tags } = inputOf(actor)
    const key = actor.id
    const topic = PUBLIC_TOPICS['attacker-profile']
    yield { topic, key, value: write(profile), timestampMs }
    for (const tag of tags) {
      yield { topic: PUBLIC_TOPICS['technique-tag'], key, value: write(tag), timestampMs }
    }
  }
}

interface Merged {
  readonly mergedInto: string | null
}

async function rowsOf<V>(driver: TopologyTestDriver, store: string): Promise<[string, V][]> {
  const entries = await driver.store<V>(store).entries()
  return entries.map(([key, row]) => [fromByteString(key), row])
}

async function chainsOf(driver: TopologyTestDriver, store: string): Promise<MergeChains> {
  const rows = await rowsOf<Merged>(driver, store)
  return new MergeChains(rows.map(([uuid, { mergedInto }]) => ({ uuid, mergedInto })))
}

/** By attacker: where attribution puts it, and what became of that. */
async function identitiesOf(driver: TopologyTestDriver): Promise<Map<string, string>> {
  const chains = await chainsOf(driver, 'identities')
  const links = await rowsOf<AttackerLink>(driver, 'attacker-links')
  return new Map(links.map(([attacker, { root }]) => [attacker, chains.endOf(root)]))
}

/** By identity. */
async function campaignsOf(driver: TopologyTestDriver): Promise<Map<string, string>> {
  const chains = await chainsOf(driver, 'campaigns')
  const rows = await rowsOf<{ readonly campaign: string }>(driver, 'campaign-identities')
  return new Map(rows.map(([identity, { campaign }]) => [identity, chains.endOf(campaign)]))
}
