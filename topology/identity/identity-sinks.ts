import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { Topology } from '../topology.ts'
import type { IdentityNews } from './clusterer.ts'
import { IDENTIFY, type IdentitySerdes } from './identity-options.ts'

/** Children of {@link IDENTIFY} that lead to public topics. */
export const IDENTITY_SINKS = {
  formed: 'identity-formed',
  linked: 'identity-observation-linked',
  merged: 'identity-merged',
  unmerged: 'identity-unmerged',
  generic: 'evidence-generic',
  link: 'identity-link',
} as const

export type IdentitySink = keyof typeof IDENTITY_SINKS

export function addIdentitySinks(topology: Topology, serdes: IdentitySerdes): void {
  for (const sink of Object.keys(IDENTITY_SINKS) as IdentitySink[]) {
    const name = IDENTITY_SINKS[sink]
    topology.addSink(name, {
      parents: [IDENTIFY],
      topic: PUBLIC_TOPICS[name],
      serializer: serdes[sink] as IdentitySerdes['link'],
    })
  }
}

interface IdentityRecord {
  readonly sink: 'formed' | 'linked' | 'merged' | 'unmerged'
  /** The identity that it happened to, of a merge the loser. */
  readonly key: string
  readonly value: Readonly<Record<string, string | readonly string[]>>
}

/** The public records, in order: formed, linked, merged, unmerged. */
export function* identityRecords(news: IdentityNews): Generator<IdentityRecord> {
  for (const { attackers, identity } of news.formed) {
    const value = { identity_uuid: identity, observation_uuids: attackers }
    yield { sink: 'formed', key: identity, value }
  }
  for (const { attacker, identity } of news.linked) {
    const value = { identity_uuid: identity, observation_uuid: attacker }
    yield { sink: 'linked', key: identity, value }
  }
  for (const { loser, winner } of news.merged) {
    const value = { winner_uuid: winner, loser_uuid: loser }
    yield { sink: 'merged', key: loser, value }
  }
  for (const { formerWinner, resurrected } of news.unmerged) {
    const value = { resurrected_uuid: resurrected, former_winner_uuid: formerWinner }
    yield { sink: 'unmerged', key: resurrected, value }
  }
}
