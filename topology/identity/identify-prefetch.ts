import { toByteString } from '../../bytes/byte-string.ts'
import { pairKey } from '../attribution/store-keys.ts'
import type { AttackerMessage, ProfileMessage } from '../clustering/attacker-message.ts'
import type { Touch } from '../store.ts'
import { evidenceRowKey, PENDING_ATTACKERS } from './cluster-keys.ts'
import { takenValues } from './cluster-member.ts'
import { evidenceOf } from './evidence.ts'
import { featuresOfProfile } from './features.ts'
import {
  identityAttackersStore,
  identityEvidenceStore,
  identityPendingStore,
} from './identify-stores.ts'
import {
  identitiesStore,
  identityAnchorsStore,
  identityProfilesStore,
  identityVisitsStore,
} from './identity-stores.ts'

/**
 * Rows that a message will probably touch: all that a profile touches which is alone with what it
 * holds. Who shares it, and in what component, is not known before the rows are.
 */
export function prefetchIdentify(
  message: AttackerMessage,
  _key: string | null,
  touch: Touch,
): void {
  switch (message.type) {
    case 'seen':
      touch.key(identityProfilesStore.name, toByteString(message.attacker))
      touch.key(identityAttackersStore.name, toByteString(message.attacker))
      return
    case 'profile':
      prefetchProfile(message, touch)
      return
    case 'sighting': {
      const anchor = toByteString(message.anchor)
      const visit = pairKey(anchor, toByteString(message.sighting.decky_id))
      touch.key(identityVisitsStore.name, visit)
      touch.key(identityAttackersStore.name, anchor)
      touch.key(identitiesStore.name, anchor)
      touch.key(identityAnchorsStore.name, anchor)
      return
    }
    case 'keystrokes':
    // Written without being read.
  }
}

function prefetchProfile({ profile }: ProfileMessage, touch: Touch): void {
  const attacker = toByteString(profile.attacker_uuid)
  touch.key(identityAttackersStore.name, attacker)
  touch.key(identityProfilesStore.name, attacker)
  touch.key(identityPendingStore.name, PENDING_ATTACKERS + attacker)
  const { c2Endpoints, hassh, ja3, payloadHashes } = featuresOfProfile(profile)
  const evidence = evidenceOf({
    ja3,
    hassh,
    payloadHashes: takenValues(payloadHashes),
    c2Endpoints: takenValues(c2Endpoints),
  })
  for (const each of evidence) {
    touch.key(identityEvidenceStore.name, evidenceRowKey(each))
  }
}
