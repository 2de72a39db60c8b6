import { expect, test } from 'vitest'
import { featuresOfMessage } from '../../../topology/campaign/campaign-member.ts'
import { campaignPartition } from '../../../topology/campaign/campaign-partition.ts'
import { STREAMING_CAMPAIGNS } from '../../../topology/campaign/campaign-policy.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { clusteringMetrics } from '../../../topology/clustering/evaluation/clustering-metrics.ts'
import { campaignFeatures } from '../../vectors/campaign-projection.ts'
import type { CorpusVector } from '../../vectors/check-scenarios.ts'
import { clustered } from '../../vectors/corpus.ts'
import { byFirst } from '../../vectors/groups.ts'
import { ownVectors, readVectors } from '../../vectors/vector-files.ts'
import { identity } from './arbitrary-messages.ts'
import { CampaignsInMemory } from './campaign-stores-in-memory.ts'

const corpora = readVectors(ownVectors(), 'noise-floor') as CorpusVector[]

/** The identities of a corpus, as messages bring them. */
function messagesOf({ actors }: CorpusVector) {
  const { identities, projections } = clustered(actors, STREAMING_CAMPAIGNS)
  const messages = projections.map((projection, i): IdentityMessage => {
    const payloadHashes = projection.payload_hashes
    const visits = [...campaignFeatures(projection).visits]
    const known = { payloadHashes, c2Endpoints: projection.c2_endpoints, visits }
    return identity(projection.id, { firstSeen: i, ...known })
  })
  return { identities, messages }
}

function groupsOf(campaigns: CampaignsInMemory): string[][] {
  const groups = new Map<string, string[]>()
  for (const [id, root] of Object.entries(campaigns.roots())) {
    groups.set(root, [...(groups.get(root) ?? []), id])
  }
  return byFirst([...groups.values()])
}

test.each([
  ['in order', (messages: readonly IdentityMessage[]) => messages],
  ['in reverse', (messages: readonly IdentityMessage[]) => messages.toReversed()],
  ['twice, deckies first', twice],
])('identities that come %s are told perfectly in all 300 corpora', (_order, ordered) => {
  expect(corpora).toHaveLength(300)
  for (const corpus of corpora) {
    const { identities, messages } = messagesOf(corpus)
    const campaigns = new CampaignsInMemory(1_000)
    for (const message of ordered(messages)) campaigns.apply(message)
    const scratch = campaignPartition(messages.map(featuresOfMessage), STREAMING_CAMPAIGNS)
    const ids = scratch.map((group) => group.map((place) => messages[place]!.identity))
    expect(groupsOf(campaigns), corpus.id).toEqual(byFirst(ids))

    const roots = campaigns.roots()
    const told = identities.flatMap((actors, i): [string, string][] =>
      actors.map(({ id }) => [id, roots[messages[i]!.identity]!]),
    )
    const truth = corpus.actors.map(({ id, truth_campaign }) => [id, truth_campaign] as const)
    expect(clusteringMetrics(new Map(truth), new Map(told)), corpus.id).toEqual({
      adjusted_rand_index: 1,
      homogeneity: 1,
      completeness: 1,
      singleton_recall: 1,
    })
  }
})

function twice(messages: readonly IdentityMessage[]): readonly IdentityMessage[] {
  const visitsOnly = messages.map((message) => ({ ...message, payloadHashes: [], c2Endpoints: [] }))
  return [...visitsOnly, ...messages]
}
