import { campaignPartition } from '../../topology/campaign/campaign-partition.ts'
import type { CampaignPolicy } from '../../topology/campaign/campaign-policy.ts'
import type { Phase } from '../../topology/campaign/phase.ts'
import {
  clusteringMetrics,
  type ClusteringMetrics,
} from '../../topology/clustering/evaluation/clustering-metrics.ts'
import { nothingIsGeneric } from '../../topology/identity/evidence.ts'
import { partition } from '../../topology/identity/partition.ts'
import { campaignFeatures, type CampaignProjection } from './campaign-projection.ts'
import { featuresOf, type Projection } from './check-identity-pairs.ts'

/** An attacker of a corpus: what it did, and whose it truly is. */
export interface Actor {
  readonly id: string
  readonly asn: number | null
  readonly ja3: string | null
  readonly hassh: string | null
  readonly sessions: readonly Session[]
  readonly truth_campaign: string
  readonly truth_identity: string
}

interface Session {
  readonly decky: string
  readonly start: number
  readonly duration: number
  readonly phase: Phase
  readonly commands: readonly string[]
  readonly credentials: readonly (readonly [user: string, password: string])[]
  readonly payload: string | null
  readonly c2: string | null
}

/** Actors as the identity clusterer sees them. */
export function observationOf({ asn, hassh, id, ja3, sessions }: Actor): Projection {
  const commands = groupedBy(
    sessions.filter((session) => session.commands.length > 0),
    ({ phase }) => phase,
  )
  const credentials = new Map(
    sessions.flatMap((session) => session.credentials.map((pair) => [pair.join(' '), pair])),
  )
  return {
    id,
    ja3,
    hassh,
    asn,
    payload_hashes: sortedSet(sessions.flatMap(({ payload }) => payload ?? [])),
    c2_endpoints: sortedSet(sessions.flatMap(({ c2 }) => c2 ?? [])),
    credentials: [...credentials].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair),
    commands_by_phase: Object.fromEntries(
      [...commands].map(([phase, ran]) => [phase, sortedSet(ran.flatMap((s) => s.commands))]),
    ),
  }
}

/** An identity as the campaign clusterer sees it. */
export function projectionOf(id: string, actors: readonly Actor[]): CampaignProjection {
  const sessions = actors.flatMap((actor) => actor.sessions)
  const visits = groupedBy(sessions, ({ decky }) => decky)
  const byDecky = <T>(of: (visit: readonly Session[]) => T): Record<string, T> =>
    Object.fromEntries([...visits].map(([decky, visit]) => [decky, of(visit)]))
  return {
    id,
    asn_cohort: sortedSet(actors.flatMap(({ asn }) => asn ?? [])),
    tooling_cohort: [],
    payload_hashes: sortedSet(sessions.flatMap(({ payload }) => payload ?? [])),
    c2_endpoints: sortedSet(sessions.flatMap(({ c2 }) => c2 ?? [])),
    decky_set: sortedSet(visits.keys()),
    kd: null,
    session_windows: sessions.map((session) => [session.start, endOf(session)]),
    first_phase: byDecky((visit) => earliest(visit).phase),
    last_phase: byDecky((visit) => latest(visit).phase),
    first_seen: byDecky((visit) => earliest(visit).start),
    last_seen: byDecky((visit) => endOf(latest(visit))),
  }
}

/** What the product makes of a corpus, and how good that is. */
export interface ClusteredCorpus {
  readonly identities: readonly (readonly Actor[])[]
  readonly campaigns: readonly (readonly Actor[])[]
  readonly campaignMetrics: ClusteringMetrics
  readonly identityMetrics: ClusteringMetrics
}

export interface ProjectedCorpus extends ClusteredCorpus {
  /** Of its identities. */
  readonly projections: readonly CampaignProjection[]
}

export function clustered(actors: readonly Actor[], policy: CampaignPolicy): ProjectedCorpus {
  const places = partition(
    actors.map((actor) => featuresOf(observationOf(actor))),
    nothingIsGeneric,
  )
  const identities = places.map((group) => group.map((place) => actors[place]!))
  const projections = identities.map((members, i) =>
    projectionOf(`g${String(i).padStart(2, '0')}`, members),
  )
  const groups = campaignPartition(projections.map(campaignFeatures), policy)
  const campaigns = groups.map((group) => group.flatMap((place) => identities[place]!))
  return { projections, ...judgedCorpus(actors, identities, campaigns) }
}

export function judgedCorpus(
  actors: readonly Actor[],
  identities: readonly (readonly Actor[])[],
  campaigns: readonly (readonly Actor[])[],
): ClusteredCorpus {
  return {
    identities,
    campaigns,
    campaignMetrics: judged(actors, campaigns, (actor) => actor.truth_campaign),
    identityMetrics: judged(actors, identities, (actor) => actor.truth_identity),
  }
}

function judged(
  actors: readonly Actor[],
  groups: readonly (readonly Actor[])[],
  truth: (actor: Actor) => string,
): ClusteringMetrics {
  const predicted = groups.flatMap((group, label) =>
    group.map(({ id }): [string, string] => [id, String(label)]),
  )
  return clusteringMetrics(
    new Map(actors.map((actor) => [actor.id, truth(actor)])),
    new Map(predicted),
  )
}

function groupedBy<K>(
  sessions: readonly Session[],
  keyOf: (session: Session) => K,
): Map<K, Session[]> {
  const groups = new Map<K, Session[]>()
  for (const session of sessions) {
    const key = keyOf(session)
    groups.set(key, [...(groups.get(key) ?? []), session])
  }
  return groups
}

const endOf = ({ duration, start }: Session): number => start + duration

const earliest = (sessions: readonly Session[]): Session =>
  sessions.reduce((first, session) => (session.start < first.start ? session : first))

const latest = (sessions: readonly Session[]): Session =>
  sessions.reduce((last, session) => (endOf(session) > endOf(last) ? session : last))

function sortedSet<T extends string | number>(items: Iterable<T>): T[] {
  return [...new Set(items)].sort((a, b) => (a < b ? -1 : 1))
}
