import { jsonRowCodec } from '../clustering/json-row-codec.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import type { IdentityMessage } from './identity-message.ts'

/** The tables of the reference policy's campaign clusterer; a pass reads them whole. */
export interface ReferenceCampaignStores {
  readonly identities: KeyValueStore<ReferenceCampaignIdentity>
  readonly campaigns: KeyValueStore<ReferenceCampaign>
}

export interface ReferenceCampaignIdentity {
  /** Orders identities by creation: as they were first told of. */
  readonly created: number
  /** The literal link; null: none. */
  readonly campaign: string | null
  readonly message: IdentityMessage
}

export interface ReferenceCampaign {
  /** The identity that it was made for. */
  readonly identity: string
  /** Orders campaigns by creation. */
  readonly created: number
  readonly mergedInto: string | null
}

/** The group that all rows of a table are in. */
export const WHOLE_TABLE = ''

/** identity */
export const referenceCampaignIdentitiesStore: StoreSpec<ReferenceCampaignIdentity> = {
  name: 'reference-campaign-identities',
  codec: jsonRowCodec('reference identity of campaigns'),
  groupOf: () => WHOLE_TABLE,
}

/** campaign */
export const referenceCampaignsStore: StoreSpec<ReferenceCampaign> = {
  name: 'reference-campaigns',
  codec: jsonRowCodec('reference campaign'),
  groupOf: () => WHOLE_TABLE,
}
