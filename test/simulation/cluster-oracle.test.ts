import { beforeAll, describe, expect, it } from 'vitest'
import type { ClusterEvidence, ClusterStores } from '../support/clusters/cluster-evidence.ts'
import { clusterViolations } from '../support/clusters/cluster-oracle.ts'
import { numberedProduct } from '../support/clusters/numbered-product.ts'
import { type Load, playAlone } from './product-play.ts'
import { RandomIntrusions } from './random-intrusions.ts'
import { seededRandom } from './random.ts'

/**
 * The judge is judged: a faultless run passes, and each way of tampering with it is caught.
 */

const genericLimit = 1_000
const topology = numberedProduct(genericLimit)
let faultless: ClusterEvidence

/** The first run that has everything that is tampered with. */
beforeAll(async () => {
  for (let seed = 1; ; seed++) {
    faultless = await run(seed)
    const told = new Set(faultless.news.map(({ record }) => record))
    const isMerged = [...faultless.stores.campaigns.values()].some((each) => each.mergedInto)
    if (isMerged && NEEDED.every((record) => told.has(record))) return
  }
}, 60_000)

async function run(seed: number): Promise<ClusterEvidence> {
  const random = seededRandom(seed)
  const intrusions = new RandomIntrusions(random)
  const load: Load = {
    records: 150,
    next: (nowMs) => intrusions.next(nowMs),
    last: (nowMs) => intrusions.resume(nowMs),
  }
  const { evidence, world } = await playAlone({ seed, random, topology, genericLimit, load })
  await world.shutDown()
  return evidence
}

const NEEDED = ['identity-merged', 'identity-unmerged', 'identity-link', 'campaign-merged'] as const

type Tamper = (run: ClusterEvidence) => ClusterEvidence

/** Changes the first row, or the first for which that changes something. */
function row<S extends keyof ClusterStores>(
  store: S,
  change: (row: ClusterStores[S] extends ReadonlyMap<string, infer V> ? V : never) => unknown,
): Tamper {
  return (run) => {
    const rows = new Map<string, unknown>(run.stores[store])
    const [key, old] = [...rows].find(([, each]) => change(each as never) !== each)!
    const changed = change(old as never)
    if (changed === undefined) rows.delete(key)
    else rows.set(key, changed)
    return { ...run, stores: { ...run.stores, [store]: rows } }
  }
}

function news(
  record: string,
  change: (run: ClusterEvidence['news'], at: number) => unknown,
): Tamper {
  return (run) => {
    const told = [...run.news]
    const at = told.findLastIndex((each) => each.record === record)
    expect(at).toBeGreaterThan(-1)
    change(told, at)
    return { ...run, news: told }
  }
}

const lost = (told: ClusterEvidence['news'], at: number) => (told as unknown[]).splice(at, 1)
const doubled = (told: ClusterEvidence['news'], at: number) =>
  (told as unknown[]).splice(at, 0, told[at])

const faults: Readonly<Record<string, Tamper>> = {
  'a root of another component': row('clustered', (each) => ({ ...each, root: 'nobody' })),
  'an identity that counts a member twice': row('identities', (each) => ({
    ...each,
    attackers: each.attackers + 1,
  })),
  'a history that lacks an event': row('identities', (each) =>
    each.events === 0 ? each : { ...each, events: each.events - 1 },
  ),
  'a profile row with an observation too many': row('profiles', (each) => ({
    ...each,
    observation_count: each.observation_count + 1,
  })),
  'a profile row that is gone': row('profiles', () => undefined),
  'a link that was not moved': row('links', (each) => ({ ...each, root: each.root + '?' })),
  'a member that did not leave': (run) => {
    const members = new Map(run.stores.members).set(
      'nobody attacker-0',
      [...run.stores.members.values()][0]!,
    )
    return { ...run, stores: { ...run.stores, members } }
  },
  'a holder that is not counted': row('evidence', (each) => ({ ...each, holders: 99 })),
  'a value that is generic without reason': row('evidence', (each) => ({
    ...each,
    isGeneric: true,
  })),
  'an identity in another campaign': row('campaignIdentities', (each) => ({ ...each, root: 'x' })),
  'a campaign that lacks a member': row('campaignMembers', () => undefined),
  'a campaign that leads nowhere': row('campaigns', (each) =>
    each.mergedInto === null ? each : { ...each, mergedInto: 'nowhere' },
  ),
  'a merge that was not told': news('identity-merged', lost),
  'a merge that was told twice': news('identity-merged', doubled),
  'an un-merge that was not told': news('identity-unmerged', lost),
  'a link that was not told': news('identity-link', lost),
  'a link that was told twice': news('identity-link', doubled),
  'a campaign that was formed twice': news('campaign-formed', doubled),
  'a merge of campaigns that was not told': news('campaign-merged', lost),
  'an assignment that identities were not told': news('identity-campaign-assigned', lost),
  'a dead letter that is lost': (run) => ({ ...run, deadLetters: run.deadLetters - 1 }),
  'a log out of order': (run) => ({ ...run, disordered: ['identity.formed'] }),
  'an input that was never there': (run) => {
    const { observations } = run.inputs
    return { ...run, inputs: { ...run.inputs, observations: observations.slice(1) } }
  },
}

describe('the judge of identities and campaigns', () => {
  it('finds nothing in a faultless run', () => {
    expect(clusterViolations(faultless, genericLimit)).toEqual([])
  })

  it.each(Object.keys(faults))('catches %s', (name) => {
    expect(clusterViolations(faults[name]!(faultless), genericLimit)).not.toEqual([])
  })
})
