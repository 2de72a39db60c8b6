import type { RawRecord } from '../../../broker/port.ts'
import { type ByteString, fromByteString } from '../../../bytes/byte-string.ts'
import { deserializerFor } from '../../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../../schemas/in-process-registry.ts'
import type { TechniqueTag } from '../../../schemas/cluster-records.ts'
import type { AttackerProfile, Value } from '../../../schemas/records.ts'
import { StructuredValue } from '../../../schemas/structured-value.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import type { AttributionProfileRow } from '../../../state/attribution-rows.ts'
import type { CampaignMember } from '../../../topology/campaign/campaign-member.ts'
import type { CampaignRow } from '../../../topology/campaign/campaign-row.ts'
import type { PostingHead } from '../../../topology/clustering/posting-head.ts'
import type { AttackerLink } from '../../../topology/attribution/attacker-link.ts'
import type { IdentityMember } from '../../../topology/attribution/identity-member.ts'
import type { ClusterMember } from '../../../topology/identity/cluster-member.ts'
import type { EvidenceHead } from '../../../topology/identity/evidence-head.ts'
import type { IdentityRow } from '../../../topology/identity/identity-row.ts'
import type { LogRecord } from '../../simulation/log-contents.ts'
import type { PlainObservation, PooledRow } from '../plain-fold.ts'
import { NEWS, type NewsName, readNews } from './numbered-product.ts'

/** What a run was given; each list in the order of each partition's log, partition by partition. */
export interface ClusterInputs {
  readonly observations: readonly PlainObservation[]
  readonly profiles: readonly AttackerProfile[]
  readonly tags: readonly TechniqueTag[]
}

/** What a run left behind that tells of identities and campaigns. */
export interface ClusterEvidence {
  readonly inputs: ClusterInputs
  /** Records of all inputs that could not be read. */
  readonly unreadable: number
  readonly deadLetters: number
  /** All that was told of them, in the order in which it was told. */
  readonly news: readonly News[]
  /** Names of topics whose log is not in the order in which it was written. */
  readonly disordered: readonly string[]
  readonly stores: ClusterStores
}

export interface News {
  readonly record: NewsName
  readonly value: unknown
}

/** Rows by key; of keys of several parts, parts are separated by a space. */
export interface ClusterStores {
  readonly profiles: ReadonlyMap<string, PooledRow>
  readonly links: ReadonlyMap<string, AttackerLink>
  readonly members: ReadonlyMap<string, IdentityMember>
  readonly clustered: ReadonlyMap<string, ClusterMember>
  readonly evidence: ReadonlyMap<ByteString, EvidenceHead>
  readonly identities: ReadonlyMap<string, IdentityRow>
  readonly campaignIdentities: ReadonlyMap<string, CampaignMember>
  readonly campaignMembers: ReadonlyMap<string, unknown>
  readonly campaigns: ReadonlyMap<string, CampaignRow>
  readonly ties: ReadonlyMap<ByteString, PostingHead>
}

/** Where a run left it. */
export interface LeftBehind {
  readonly applicationId: string
  topic(name: string): Promise<readonly (readonly LogRecord[])[]>
  /** Rows of all partitions. */
  store<V>(name: string): Promise<readonly (readonly [ByteString, V])[]>
}

const registry = new InProcessRegistry()
const readObservation = deserializerFor('observation', registry)
const readProfile = deserializerFor('attacker-profile', registry)
const readTag = deserializerFor('technique-tag', registry)

export async function gatherClusters(left: LeftBehind): Promise<ClusterEvidence> {
  const observations = await readInput(left, PUBLIC_TOPICS.observation, plainObservation)
  const profiles = await readInput(left, PUBLIC_TOPICS['attacker-profile'], readProfile)
  const tags = await readInput(left, PUBLIC_TOPICS['technique-tag'], readTag)
  const deadLetters = await left.topic(`${left.applicationId}-dlq`)
  return {
    inputs: {
      observations: observations.readable,
      profiles: profiles.readable,
      tags: tags.readable,
    },
    unreadable: observations.unreadable + profiles.unreadable + tags.unreadable,
    deadLetters: deadLetters.flat().length,
    ...(await gatherNews(left)),
    stores: await gatherClusterStores(left),
  }
}

async function readInput<T>(left: LeftBehind, topic: string, read: (raw: RawRecord) => T) {
  const readable: T[] = []
  let unreadable = 0
  for (const { raw } of (await left.topic(topic)).flat()) {
    try {
      readable.push(read(raw))
    } catch {
      unreadable++
    }
  }
  return { readable, unreadable }
}

async function gatherNews(left: LeftBehind) {
  const numbered: (News & { readonly number: number })[] = []
  const disordered: string[] = []
  for (const record of NEWS) {
    for (const partition of await left.topic(PUBLIC_TOPICS[record])) {
      const own = partition.map(({ raw }) => ({ record, ...readNews(raw) }))
      if (own.some(({ number }, i) => i > 0 && number <= own[i - 1]!.number)) {
        disordered.push(PUBLIC_TOPICS[record])
      }
      numbered.push(...own)
    }
  }
  return { news: numbered.sort((a, b) => a.number - b.number), disordered }
}

export async function gatherClusterStores(left: Pick<LeftBehind, 'store'>): Promise<ClusterStores> {
  const rows = async <V>(name: string) => new Map(await left.store<V>(name))
  const shown = async <V>(name: string) =>
    new Map((await left.store<V>(name)).map(([key, row]) => [shownKey(key), row]))
  const profiles = await shown<AttributionProfileRow>('attribution-profiles')
  return {
    profiles: new Map([...profiles].map(([key, row]) => [key, pooledRow(row)])),
    links: await shown('attacker-links'),
    members: await shown('identity-members'),
    clustered: await shown('identity-attackers'),
    evidence: await rows('identity-evidence'),
    identities: await shown('identities'),
    campaignIdentities: await shown('campaign-identities'),
    campaignMembers: await shown('campaign-members'),
    campaigns: await shown('campaigns'),
    ties: await rows('campaign-ties'),
  }
}

function shownKey(key: ByteString): string {
  return key.split('\u0000').map(fromByteString).join(' ')
}

function pooledRow(row: AttributionProfileRow): PooledRow {
  return {
    current_value: plainValue(row.currentValue),
    state: row.state ?? 'none',
    confidence: row.confidence,
    observation_count: row.observationCount,
    last_observation_ts: row.lastObservationTs,
  }
}

function plainObservation(raw: RawRecord): PlainObservation {
  const observation = readObservation(raw)
  return { ...observation, value: plainValue(observation.value) }
}

function plainValue(value: Value): unknown {
  return value instanceof StructuredValue ? value.parse() : value
}
