import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  REFERENCE_CAMPAIGNS,
  STREAMING_CAMPAIGNS,
} from '../../topology/campaign/campaign-policy.ts'
import {
  clusteringMetrics,
  type ClusteringMetrics,
} from '../../topology/clustering/evaluation/clustering-metrics.ts'
import { badClusterers } from '../support/bad-clusterers.ts'
import { answersOf, type ScenarioAnswers } from '../support/scenario-answers.ts'
import { endedDaysAgo, observationsOf } from '../support/scenario-input.ts'
import { type ScenarioProduct, startScenarioProduct } from '../support/scenario-product.ts'
import type { ScenarioVector } from '../vectors/check-scenarios.ts'
import { inputOf } from '../vectors/corpus-input.ts'
import { type Actor, clustered } from '../vectors/corpus.ts'
import { byFirst } from '../vectors/groups.ts'
import { ownVectors, readVectors } from '../vectors/vector-files.ts'

type Corpus = ScenarioVector & { readonly scenario: string }

const TEST_MS = 60_000
const SETTLE_MS = 30_000
/** Longer than passes of identities and of campaigns take to follow each other. */
const PAUSE_MS = 800

const PERFECT: ClusteringMetrics = {
  adjusted_rand_index: 1,
  homogeneity: 1,
  completeness: 1,
  singleton_recall: 1,
}

const corpora = readVectors(ownVectors(), 'scenarios') as Corpus[]

const isPerfect = ({ metrics_vs_campaign: metrics }: Corpus): boolean =>
  Object.values(metrics).every((metric) => metric === 1)

function corpusOf(scenario: string, isWanted = isPerfect): Corpus {
  return corpora.find((corpus) => corpus.scenario === scenario && isWanted(corpus))!
}

const scenarios: [what: string, corpus: Corpus, daysAgo: number][] = [
  ['two campaigns with one wordlist', corpusOf('same_wordlist'), 1],
  ['one actor behind five exits', corpusOf('rotating_exits'), 1],
  ['a lone scanner among noise', corpusOf('lone_scanner'), 1],
  ['an actor that pauses for days', corpusOf('two_sprints'), 1],
  ['two operators of one campaign', corpusOf('operator_relay'), 1],
  ['all of them, and noise', corpusOf('everything'), 1],
  ['all of them, where strangers meet', corpusOf('everything', (each) => !isPerfect(each)), 1],
  ['a campaign of ninety days', corpusOf('long_campaign'), 1],
  ['a campaign of ninety days, ninety days earlier', corpusOf('long_campaign'), 91],
]

describe.each(['reference', 'streaming'] as const)('under the %s policy, by HTTP', (policy) => {
  const campaignPolicy = policy === 'reference' ? REFERENCE_CAMPAIGNS : STREAMING_CAMPAIGNS

  test.each(scenarios)(
    '%s',
    async (_what, corpus, daysAgo) => {
      const actors = endedDaysAgo(corpus.actors, daysAgo)
      const expected = clustered(actors, campaignPolicy)
      const product = await startScenarioProduct(policy)
      try {
        await feed(product, actors, policy)
        const groups = (parts: readonly (readonly Actor[])[]) =>
          byFirst(parts.map((part) => part.map(({ id }) => id)))
        const isRight = (answers: ScenarioAnswers): boolean =>
          JSON.stringify([groups(answers.identities), groups(answers.campaigns)]) ===
          JSON.stringify([groups(expected.identities), groups(expected.campaigns)])
        await settled(product, actors, isRight)
        await sleep(PAUSE_MS)
        const answers = (await answersOf(product, actors))!
        expect(groups(answers.identities)).toEqual(corpus.identity_partition)
        expect(groups(answers.campaigns)).toEqual(groups(expected.campaigns))
        const asked = policy === 'reference' ? corpus.metrics_vs_campaign : PERFECT
        expect(answers.campaignMetrics).toEqual(asked)
        expect(answers.identityMetrics).toEqual(corpus.metrics_identity_vs_identity)
        await expectLists(product, answers)
        if (policy === 'streaming') await expectPooled(product, answers)
      } finally {
        await product.close()
      }
    },
    TEST_MS,
  )
})

test.each([
  ['credentials', 'same_wordlist', 'homogeneity', 0.9],
  ['network', 'rotating_exits', 'completeness', 0.8],
  ['dayWindow', 'two_sprints', 'completeness', 0.8],
  ['shift', 'operator_relay', 'completeness', 0.8],
  ['decay', 'long_campaign', 'completeness', 0.8],
] as const)(
  'what is perfect above fails by %s alone: %s has a %s below %d',
  (name, scenario, metric, floor) => {
    const { actors } = corpusOf(scenario)
    const truth = new Map(actors.map((actor) => [actor.id, actor.truth_campaign]))
    expect(clusteringMetrics(truth, badClusterers[name](actors))[metric]).toBeLessThan(floor)
  },
)

/** Under the streaming policy the clusterer hears last of who the attackers are. */
async function feed(
  product: ScenarioProduct,
  actors: readonly Actor[],
  policy: 'reference' | 'streaming',
): Promise<void> {
  const inputs = actors.map(inputOf)
  const attackers = ['/attackers', inputs.map(({ profile }) => profile)] as const
  const rest = [
    ['/observations', actors.flatMap(observationsOf)],
    ['/technique-tags', inputs.flatMap(({ tags }) => tags)],
  ] as const
  const uploads = policy === 'reference' ? [attackers, ...rest] : [...rest, attackers]
  for (const [route, records] of uploads) await product.post(route, records)
}

/**
 * Waits until the answers are right, or for long enough that they never will be. Not until the tasks
 * are settled: that takes the reference's minute.
 */
async function settled(
  product: ScenarioProduct,
  actors: readonly Actor[],
  isRight: (answers: ScenarioAnswers) => boolean,
): Promise<void> {
  for (const deadline = Date.now() + SETTLE_MS; Date.now() < deadline;) {
    const answers = await answersOf(product, actors)
    if (answers !== null && isRight(answers)) return
    await sleep(100)
  }
}

/** The lists, and the pages of members, say the same. */
async function expectLists(product: ScenarioProduct, answers: ScenarioAnswers): Promise<void> {
  const { campaignIds, campaigns, identities, identityIds } = answers
  const listed = await rowsOf(product, '/identities')
  expect(
    new Map(listed.map((row) => [row['identity_uuid'], row['observation_count_live']])),
  ).toEqual(new Map(identityIds.map((id, i) => [id, identities[i]!.length])))
  const identityOf = new Map(
    identities.flatMap((group, i) => group.map((actor) => [actor, identityIds[i]!] as const)),
  )
  const all = await rowsOf(product, '/campaigns')
  expect(new Set(all.map((row) => row['campaign_uuid']))).toEqual(new Set(campaignIds))
  for (const [i, campaign] of campaignIds.entries()) {
    const members = await rowsOf(product, `/campaigns/${campaign}/identities`)
    const own = new Set(campaigns[i]!.map((actor) => identityOf.get(actor)!))
    expect(new Set(members.map((row) => row['identity_uuid']))).toEqual(own)
  }
}

/** The profile of an identity is that of all its attackers' observations. */
async function expectPooled(
  product: ScenarioProduct,
  { identities, identityIds }: ScenarioAnswers,
): Promise<void> {
  for (const [i, identity] of identityIds.entries()) {
    const profile = await product.get<{ primitives: { observation_count: number }[] }>(
      `/identities/${identity}/attribution`,
    )
    const sessions = identities[i]!.flatMap((actor) => actor.sessions)
    const counts = profile!.primitives.map((row) => row.observation_count)
    expect(counts).toEqual([sessions.length])
  }
}

type Row = Readonly<Record<string, unknown>>

async function rowsOf(product: ScenarioProduct, route: string): Promise<readonly Row[]> {
  const page = await product.get<{ data: Row[] }>(`${route}?limit=1000`)
  return page!.data
}
