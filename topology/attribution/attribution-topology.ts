import { toByteString } from '../../bytes/byte-string.ts'
import type { TechniqueTag } from '../../schemas/cluster-records.ts'
import type { IdentityObservationView } from '../../schemas/records.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import type { RecordFormat } from '../../schemas/serializer.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { SourceOptions } from '../options.ts'
import type { Deserializer } from '../serde.ts'
import { Topology } from '../topology.ts'
import { AttributeProcessor } from './attribute-processor.ts'
import {
  attributionContributionsStore,
  attributionProfilesStore,
  identityMembersStore,
} from './attribute-stores.ts'
import { identityMessageSerializer, readIdentityMessage } from './codecs/identity-message-codec.ts'
import { readResolveInput, resolveInputSerializer } from './codecs/resolve-input-codec.ts'
import type { ReceivedMessage } from './identity-message.ts'
import { MultiActorProcessor, multiActorWindowsStore } from './multi-actor-processor.ts'
import { observationExpiryStore } from './observation-expiry.ts'
import { PlaceProcessor } from './place-processor.ts'
import { type AttributionPolicy, REFERENCE_POLICY, STREAMING_POLICY } from './policy.ts'
import { prefetchAttribute, prefetchResolve } from './prefetch-hints.ts'
import { type AttributionSerdes, publicSerdes } from './public-serdes.ts'
import {
  REFERENCE_TICK_MS,
  ReferenceMultiActorProcessor,
  referenceMultiActorWindowsStore,
} from './reference-multi-actor-processor.ts'
import { readTrigger, TRIGGER_TOPIC } from './reference-trigger.ts'
import {
  linkInput,
  ObservationInput,
  profileInput,
  type ResolveInput,
  tagInput,
} from './resolve-input.ts'
import { ResolveProcessor } from './resolve-processor.ts'
import {
  attackerKeystrokesStore,
  attackerLinksStore,
  attackerObservationsStore,
  attackerPartialsStore,
} from './resolve-stores.ts'
import { pairKey } from './store-keys.ts'

export type AttributionTopologyOptions = AttributionOptions & PublicFormat

export interface AttributionOptions {
  /** @default ['attacker.observation'] */
  readonly observationTopics?: SourceOptions<unknown>['topics']
  /** Event time within which transitions join. @default 86,400,000 */
  readonly multiActorWindowMs?: number
  /** @default 2 */
  readonly multiActorMinPrimitives?: number
  /** How far a sensor's clock may run ahead of the append time. @default 3,600,000 */
  readonly maxFutureSkewMs?: number
  /** How long observations are kept, by append time. @default for ever */
  readonly observationRetentionMs?: number
  /** `reference` is for the reference vectors only. @default 'streaming' */
  readonly policy?: 'streaming' | 'reference'
  /** Absent: links come from the public topic `identity.link`, whoever writes it. */
  readonly clusterer?: ClustererPorts
}

/** Where a clusterer in the same topology is told of attackers, and tells where they belong. */
export interface ClustererPorts {
  /** Repartition that brings links, in place of the public topic. */
  readonly moves: string
  /** Repartition that takes an `AttackerMessage` each, by attacker. */
  readonly features: string
  readonly techniqueTag: Deserializer<TechniqueTag>
}

/** Either how to find the serdes of public topics, or the serdes. */
type PublicFormat =
  | {
      readonly registry: SchemaRegistry
      readonly outputFormat: RecordFormat
      readonly serdes?: never
    }
  | { readonly registry?: never; readonly outputFormat?: never; readonly serdes: AttributionSerdes }

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const EXPIRY_INTERVAL_MS = 1_000

/**
 * The attribution topology, to be built.
 *
 * Sub-topology 0, `resolve`, is keyed by attacker: it keeps the observations and knows where each
 * attacker belongs. Sub-topology 1, `attribute`, is keyed by identity: it keeps the merger states
 * and joins them into alerts.
 *
 * @throws {SchemaRegistryError} Avro: a schema is not registered
 */
export function attributionTopology(options: AttributionTopologyOptions): Topology {
  const policy = options.policy === 'reference' ? REFERENCE_POLICY : STREAMING_POLICY
  const serdes = options.serdes ?? publicSerdes(options.registry, options.outputFormat)
  const topology = new Topology()
  addResolve(topology, options, policy, serdes)
  addAttribute(topology, options, policy, serdes)
  return topology
}

function addResolve(
  topology: Topology,
  options: AttributionOptions,
  policy: AttributionPolicy,
  serdes: AttributionSerdes,
): void {
  const observationRetentionMs = options.observationRetentionMs ?? null
  const hasExpiry = observationRetentionMs !== null
  const { clusterer } = options
  const prefetch = prefetchResolve(hasExpiry, clusterer !== undefined)
  const sources = addResolveSources(topology, options, policy, serdes)
  const maxFutureSkewMs = options.maxFutureSkewMs ?? HOUR_MS
  const [rekey, identities] = ['attacker-observation-rekey', 'identity-observation']
  const features = clusterer?.features ?? null
  const resolveOptions = { policy, observationRetentionMs, identities, features }
  topology
    .addProcessor('place', () => new PlaceProcessor('resolve', rekey, maxFutureSkewMs), {
      parents: sources,
    })
    .addRepartition<ResolveInput>(rekey, {
      parents: ['place'],
      serializer: resolveInputSerializer(),
      deserializer: readResolveInput,
      prefetch,
    })
    .addProcessor('resolve', () => new ResolveProcessor(resolveOptions), {
      parents: ['place', rekey, ...(clusterer === undefined ? [] : [clusterer.moves])],
      stores: [
        attackerLinksStore,
        attackerObservationsStore,
        attackerPartialsStore,
        ...(hasExpiry ? [observationExpiryStore] : []),
        ...(clusterer === undefined ? [] : [attackerKeystrokesStore]),
      ],
      ...(hasExpiry
        ? { punctuation: { clock: 'wall-clock', intervalMs: EXPIRY_INTERVAL_MS } as const }
        : {}),
    })
    .addRepartition(identities, {
      parents: ['resolve'],
      serializer: identityMessageSerializer(),
      deserializer: readIdentityMessage,
      prefetch: prefetchAttribute,
    })
}

/** @returns the names of the sources */
function addResolveSources(
  topology: Topology,
  options: AttributionOptions,
  policy: AttributionPolicy,
  serdes: AttributionSerdes,
): string[] {
  const { clusterer } = options
  const hasClusterer = clusterer !== undefined
  const prefetch = prefetchResolve(options.observationRetentionMs !== undefined, hasClusterer)
  const sources = ['observations', 'attacker-profiles']
  topology
    .addSource<ResolveInput>('observations', {
      topics: options.observationTopics ?? [PUBLIC_TOPICS.observation],
      deserializer: (raw) => ObservationInput.of(serdes.observation(raw)),
      prefetch,
      key: 'ignored',
    })
    .addSource<ResolveInput>('attacker-profiles', {
      topics: [PUBLIC_TOPICS['attacker-profile']],
      deserializer: (raw) => profileInput(serdes.attackerProfile(raw), hasClusterer),
      prefetch,
      key: 'ignored',
    })
  if (hasClusterer) {
    sources.push('technique-tags')
    topology.addSource<ResolveInput>('technique-tags', {
      topics: [PUBLIC_TOPICS['technique-tag']],
      deserializer: (raw) => tagInput(clusterer.techniqueTag(raw)),
      prefetch,
      key: 'ignored',
    })
  } else {
    sources.push('identity-links')
    topology.addSource<ResolveInput>('identity-links', {
      topics: [PUBLIC_TOPICS['identity-link']],
      deserializer: (raw) => linkInput(serdes.identityLink(raw)),
      prefetch,
      key: 'ignored',
    })
  }
  if (policy === REFERENCE_POLICY) {
    sources.push('triggers')
    topology.addSource<ResolveInput>('triggers', {
      topics: [TRIGGER_TOPIC],
      deserializer: readTrigger,
      prefetch,
      key: 'ignored',
    })
  }
  return sources
}

function addAttribute(
  topology: Topology,
  options: AttributionOptions,
  policy: AttributionPolicy,
  serdes: AttributionSerdes,
): void {
  const maxFutureSkewMs = options.maxFutureSkewMs ?? HOUR_MS
  const rekey = 'identity-observation-rekey'
  const changes = ['state-changed', 'multi-actor']
  topology
    .addSource<ReceivedMessage>('identity-observations', {
      topics: [PUBLIC_TOPICS['identity-observation']],
      deserializer: (raw) => attributed(serdes.identityObservation(raw)),
      prefetch: prefetchAttribute,
      key: 'ignored',
    })
    .addProcessor(
      'attribute',
      () => new AttributeProcessor({ policy, maxFutureSkewMs, changes, rekey }),
      {
        parents: ['identity-observation', 'identity-observations', rekey],
        stores: [attributionProfilesStore, attributionContributionsStore, identityMembersStore],
      },
    )
    .addRepartition(rekey, {
      parents: ['attribute'],
      serializer: identityMessageSerializer(),
      deserializer: readIdentityMessage,
      prefetch: prefetchAttribute,
    })
    .addSink('state-changed', {
      parents: ['attribute'],
      topic: PUBLIC_TOPICS['state-changed'],
      serializer: serdes.stateChanged,
    })
  addMultiActor(topology, options, policy)
  topology
    .addSink('multi-actor-suspected', {
      parents: ['multi-actor'],
      topic: PUBLIC_TOPICS['multi-actor-suspected'],
      serializer: serdes.multiActorSuspected,
    })
    .addSink('multi-actor-cleared', {
      parents: ['multi-actor'],
      topic: PUBLIC_TOPICS['multi-actor-cleared'],
      serializer: serdes.multiActorCleared,
    })
}

function addMultiActor(
  topology: Topology,
  options: AttributionOptions,
  policy: AttributionPolicy,
): void {
  const minPrimitives = options.multiActorMinPrimitives ?? 2
  const windowMs = options.multiActorWindowMs ?? DAY_MS
  const [suspected, cleared] = ['multi-actor-suspected', 'multi-actor-cleared']
  if (policy.joinsTransitions) {
    topology.addProcessor(
      'multi-actor',
      () => new MultiActorProcessor({ windowMs, minPrimitives, suspected, cleared }),
      { parents: ['attribute'], stores: [multiActorWindowsStore] },
    )
    return
  }
  topology.addProcessor(
    'multi-actor',
    () => new ReferenceMultiActorProcessor(minPrimitives, suspected),
    {
      parents: ['attribute'],
      stores: [referenceMultiActorWindowsStore],
      punctuation: { clock: 'wall-clock', intervalMs: REFERENCE_TICK_MS },
    },
  )
}

/** A record of the public topic, with its key built once. */
function attributed(view: IdentityObservationView): ReceivedMessage {
  const { primitive, ts, value } = view
  const identity = toByteString(view.identity_uuid)
  const attacker = toByteString(view.attacker_uuid)
  const rowKey = pairKey(identity, toByteString(primitive))
  return { type: 'attributed', identity, rowKey, attacker, primitive, ts, value }
}
