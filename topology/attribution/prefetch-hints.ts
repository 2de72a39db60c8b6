import type { Touch } from '../store.ts'
import { KEYSTROKE_HASH } from './attacker-features.ts'
import { attributionContributionsStore, attributionProfilesStore } from './attribute-stores.ts'
import type { ReceivedMessage } from './identity-message.ts'
import { EXPIRY_ENDS_KEY, observationExpiryStore } from './observation-expiry.ts'
import type { ResolveInput } from './resolve-input.ts'
import {
  attackerKeystrokesStore,
  attackerLinksStore,
  attackerObservationsStore,
  attackerPartialsStore,
} from './resolve-stores.ts'
import { groupKey, pairKey } from './store-keys.ts'

/**
 * Rows that an input will probably touch. A hint that is too short costs a miss, one that is too
 * long a read: what is rarely needed (alert windows, the rows behind an overwrite, the contributions
 * behind a retraction) is left to miss.
 */
export function prefetchResolve(hasExpiry: boolean, hasFeatures: boolean) {
  return (input: ResolveInput, _key: string | null, touch: Touch): boolean => {
    if (input.type === 'tag') return false
    touch.key(attackerLinksStore.name, input.attacker)
    if (input.type === 'link') touch.group(attackerPartialsStore.name, groupKey(input.attacker))
    if (input.type !== 'observation') return false
    touch.key(attackerObservationsStore.name, input.rowKey)
    touch.key(attackerPartialsStore.name, input.partialKey)
    if (hasFeatures && input.primitive === KEYSTROKE_HASH) {
      touch.key(attackerKeystrokesStore.name, input.attacker)
    }
    if (hasExpiry) touch.key(observationExpiryStore.name, EXPIRY_ENDS_KEY)
    return false
  }
}

export function prefetchAttribute(
  message: ReceivedMessage,
  _key: string | null,
  touch: Touch,
): boolean {
  const { attacker, rowKey, type } = message
  if (type === 'join' || type === 'leave') return false
  touch.key(attributionProfilesStore.name, rowKey)
  const isOfSeveral = type === 'observation' ? message.isShared : type !== 'attributed'
  if (!isOfSeveral || type === 'trigger') return false
  touch.key(attributionContributionsStore.name, pairKey(rowKey, attacker))
  return false
}
