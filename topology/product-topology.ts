import type { TechniqueTag } from '../schemas/cluster-records.ts'
import { deserializerFor } from '../schemas/deserializer.ts'
import type { WorkerName } from '../schemas/worker-records.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import type { RecordFormat } from '../schemas/serializer.ts'
import { type AttributionOptions, attributionTopology } from './attribution/attribution-topology.ts'
import {
  readResolveInput,
  resolveInputSerializer,
} from './attribution/codecs/resolve-input-codec.ts'
import { prefetchResolve } from './attribution/prefetch-hints.ts'
import { type AttributionSerdes, publicSerdes } from './attribution/public-serdes.ts'
import { type CampaignSerdes, campaignSerdes } from './campaign/campaign-options.ts'
import { CAMPAIGN } from './campaign/campaign-sinks.ts'
import { prefetchCampaign } from './campaign/campaign-prefetch.ts'
import { addCampaign } from './campaign/campaign-topology.ts'
import {
  identityMessageSerializer,
  readIdentityMessage,
} from './campaign/identity-message-codec.ts'
import {
  attackerMessageSerializer,
  readAttackerMessage,
} from './clustering/attacker-message-codec.ts'
import { IDENTIFY, type IdentitySerdes, identitySerdes } from './identity/identity-options.ts'
import { addIdentity } from './identity/identity-topology.ts'
import { prefetchIdentify } from './identity/identify-prefetch.ts'
import type { Deserializer } from './serde.ts'
import type { Topology } from './topology.ts'
import {
  addWorkerTopics,
  controlSource,
  healthSink,
  type WorkerSerdes,
  workerSerdes,
} from './worker/worker-topics.ts'

export interface ProductTopologyOptions {
  /** The policy is that of the whole. */
  readonly attribution: Omit<AttributionOptions, 'clusterer'>
  /** `none`: links come from the public topic `identity.link`, and there are no campaigns. */
  readonly clusterer: 'connected-components' | 'none'
  /** Holders of a value beyond which sharing it alone makes no edge; streaming policy. */
  readonly genericEvidenceLimit: number
  /** From a pass to the next under the reference policy. @default 60,000 */
  readonly referencePassMs?: number
  /** Whether workers take commands and send heartbeats; never under the reference policy. */
  readonly hasWorkers: boolean
  readonly serdes: ProductSerdes
}

/** How the topology reads and writes its public topics. */
export interface ProductSerdes {
  readonly attribution: AttributionSerdes
  readonly techniqueTag: Deserializer<TechniqueTag>
  readonly identity: IdentitySerdes
  readonly campaign: CampaignSerdes
  readonly workers: Readonly<Record<WorkerName, WorkerSerdes>>
}

const ATTACKER_FEATURES = 'attacker-features'
const IDENTITY_MOVES = 'identity-moves'
const IDENTITY_FEATURES = 'identity-features'

/**
 * Avro or JSON in, one of them out.
 * @throws {SchemaRegistryError} Avro: a schema is not registered
 */
export function productSerdes(registry: SchemaRegistry, format: RecordFormat): ProductSerdes {
  return {
    attribution: publicSerdes(registry, format),
    techniqueTag: deserializerFor('technique-tag', registry),
    identity: identitySerdes(registry, format),
    campaign: campaignSerdes(registry, format),
    workers: {
      identify: workerSerdes('identify', registry, format),
      campaign: workerSerdes('campaign', registry, format),
    },
  }
}

/**
 * The whole product, to be built: attribution, and, with a clusterer, identities and campaigns.
 *
 *     0 resolve ──identity-observation──▶ 1 attribute
 *     0 resolve ──attacker-features──▶ 2 identify ──identity-features──▶ 3 campaign
 *     0 resolve ◀──identity-moves──── 2 identify
 *
 * `identify` and `campaign` are one task each, for what they tell is about all attackers. Links
 * return to `resolve` by a topic of the application's own, so that its state follows from its
 * inputs alone; the public `identity.link` is written for others.
 */
export function productTopology(options: ProductTopologyOptions): Topology {
  const { clusterer, serdes } = options
  const attribution = { ...options.attribution, serdes: serdes.attribution }
  if (clusterer === 'none') return attributionTopology(attribution)
  const ports = {
    moves: IDENTITY_MOVES,
    features: ATTACKER_FEATURES,
    techniqueTag: serdes.techniqueTag,
  }
  const topology = attributionTopology({ ...attribution, clusterer: ports })
  addClusterers(topology, options)
  return topology
}

function addClusterers(topology: Topology, options: ProductTopologyOptions): void {
  const { attribution, clusterer, genericEvidenceLimit, referencePassMs, serdes } = options
  const policy = attribution.policy ?? 'streaming'
  const hasExpiry = attribution.observationRetentionMs !== undefined
  topology
    .addRepartition(ATTACKER_FEATURES, {
      parents: ['resolve'],
      partitions: 1,
      serializer: attackerMessageSerializer(),
      deserializer: readAttackerMessage,
      // The reference's tables are read whole.
      ...(policy === 'reference' ? {} : { prefetch: prefetchIdentify }),
    })
    .addRepartition(IDENTITY_MOVES, {
      parents: [IDENTIFY],
      serializer: resolveInputSerializer(),
      deserializer: readResolveInput,
      prefetch: prefetchResolve(hasExpiry, true),
    })
    .addRepartition(IDENTITY_FEATURES, {
      parents: [IDENTIFY],
      partitions: 1,
      serializer: identityMessageSerializer(),
      deserializer: readIdentityMessage,
      ...(policy === 'reference' ? {} : { prefetch: prefetchCampaign }),
    })
  const passes = referencePassMs === undefined ? {} : { referencePassMs }
  addIdentity(topology, {
    ...addWorker(topology, IDENTIFY, ATTACKER_FEATURES, options),
    ...passes,
    clusterer,
    moves: IDENTITY_MOVES,
    features: IDENTITY_FEATURES,
    policy,
    genericEvidenceLimit,
    serdes: serdes.identity,
  })
  addCampaign(topology, {
    ...addWorker(topology, CAMPAIGN, IDENTITY_FEATURES, options),
    ...passes,
    policy,
    genericEvidenceLimit,
    serdes: serdes.campaign,
  })
}

/** What a worker reads beside its messages, and where its heartbeats go. */
function addWorker(
  topology: Topology,
  worker: WorkerName,
  messages: string,
  { attribution, hasWorkers, serdes }: ProductTopologyOptions,
): { readonly parents: readonly string[]; readonly health: string | null } {
  if (!hasWorkers || attribution.policy === 'reference')
    return { parents: [messages], health: null }
  addWorkerTopics(topology, worker, worker, serdes.workers[worker])
  return { parents: [messages, controlSource(worker)], health: healthSink(worker) }
}
