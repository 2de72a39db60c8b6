import type {
  CampaignAssigned,
  CampaignFormed,
  CampaignMerged,
  CampaignUnmerged,
} from '../../schemas/cluster-records.ts'
import { type RecordFormat, serializerFor } from '../../schemas/serializer.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import type { Serializer } from '../serde.ts'

export interface CampaignOptions {
  /**
   * Nodes that bring an `IdentityMessage` each, keyed by identity: a repartition of one task; and,
   * where there is a {@link health}, one that brings `ControlMessage`s (topology/worker/).
   */
  readonly parents: readonly string[]
  /** Child that is sent a heartbeat, a `WorkerHealth`, when one is due; null: nobody hears. */
  readonly health: string | null
  /** `reference` is for the reference vectors only. */
  readonly policy: 'streaming' | 'reference'
  /** From a pass to the next under the reference policy. @default 60,000 */
  readonly referencePassMs?: number
  /** Holders of a value beyond which it brings no candidates; streaming policy. */
  readonly genericEvidenceLimit: number
  readonly serdes: CampaignSerdes
}

/** How the records of campaigns are written to their public topics. */
export interface CampaignSerdes {
  readonly formed: Serializer<CampaignFormed>
  /** Topic `campaign.identity.assigned`, key the campaign. */
  readonly identityAssigned: Serializer<CampaignAssigned>
  /** Topic `identity.campaign.assigned`, key the identity. */
  readonly campaignAssigned: Serializer<CampaignAssigned>
  readonly merged: Serializer<CampaignMerged>
  readonly unmerged: Serializer<CampaignUnmerged>
}

/** @throws {SchemaRegistryError} Avro: a schema is not registered */
export function campaignSerdes(registry: SchemaRegistry, format: RecordFormat): CampaignSerdes {
  return {
    formed: serializerFor('campaign-formed', registry, format),
    identityAssigned: serializerFor('campaign-identity-assigned', registry, format),
    campaignAssigned: serializerFor('identity-campaign-assigned', registry, format),
    merged: serializerFor('campaign-merged', registry, format),
    unmerged: serializerFor('campaign-unmerged', registry, format),
  }
}
