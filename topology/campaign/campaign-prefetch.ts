import { toByteString } from '../../bytes/byte-string.ts'
import type { Touch } from '../store.ts'
import { featuresOfMessage } from './campaign-member.ts'
import {
  campaignIdentitiesStore,
  campaignPendingStore,
  campaignTiesStore,
} from './campaign-stores.ts'
import type { IdentityMessage } from './identity-message.ts'
import { tiesOf } from './tie.ts'

/** Rows that an identity's message will probably touch; whom it shares its ties with is left to miss. */
export function prefetchCampaign(message: IdentityMessage, _key: unknown, touch: Touch): boolean {
  const identity = toByteString(message.identity)
  touch.key(campaignIdentitiesStore.name, identity)
  touch.key(campaignPendingStore.name, identity)
  for (const tie of tiesOf(featuresOfMessage(message))) touch.key(campaignTiesStore.name, tie)
  return false
}
