import type { IdentityLink } from '../../schemas/records.ts'
import type {
  EvidenceGeneric,
  IdentityFormed,
  IdentityMerged,
  IdentityObservationLinked,
  IdentityUnmerged,
} from '../../schemas/cluster-records.ts'
import { type RecordFormat, serializerFor } from '../../schemas/serializer.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import type { Serializer } from '../serde.ts'

/** Name of the processor that `addIdentity` adds; its repartitions name it as their parent. */
export const IDENTIFY = 'identify'

export interface IdentityOptions {
  /**
   * Nodes that bring an `AttackerMessage` each, keyed by attacker: a repartition of one task; and,
   * where there is a {@link health}, one that brings `ControlMessage`s (topology/worker/).
   */
  readonly parents: readonly string[]
  /** Child that is sent a heartbeat, a `WorkerHealth`, when one is due; null: nobody hears. */
  readonly health: string | null
  /**
   * Child of {@link IDENTIFY} that leads to the attackers' own tasks: it is sent the `linkInput` of
   * every link, keyed by attacker.
   */
  readonly moves: string
  /** Child of {@link IDENTIFY} that is sent an `IdentityMessage` per touched identity, its key. */
  readonly features: string
  /** `reference` is for the reference vectors only. */
  readonly policy: 'streaming' | 'reference'
  /** From a pass to the next under the reference policy. @default 60,000 */
  readonly referencePassMs?: number
  /** Which clusterer, by name (clusterers.ts). @default 'connected-components' */
  readonly clusterer?: string
  /** Holders of a value beyond which sharing it alone makes no edge; streaming policy. */
  readonly genericEvidenceLimit: number
  readonly serdes: IdentitySerdes
}

/** How the records of identities are written to their public topics. */
export interface IdentitySerdes {
  readonly link: Serializer<IdentityLink>
  readonly formed: Serializer<IdentityFormed>
  readonly linked: Serializer<IdentityObservationLinked>
  readonly merged: Serializer<IdentityMerged>
  readonly unmerged: Serializer<IdentityUnmerged>
  readonly generic: Serializer<EvidenceGeneric>
}

/** @throws {SchemaRegistryError} Avro: a schema is not registered */
export function identitySerdes(registry: SchemaRegistry, format: RecordFormat): IdentitySerdes {
  return {
    link: serializerFor('identity-link', registry, format),
    formed: serializerFor('identity-formed', registry, format),
    linked: serializerFor('identity-observation-linked', registry, format),
    merged: serializerFor('identity-merged', registry, format),
    unmerged: serializerFor('identity-unmerged', registry, format),
    generic: serializerFor('evidence-generic', registry, format),
  }
}
