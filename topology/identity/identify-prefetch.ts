import { type ByteString, toByteString } from '../../bytes/byte-string.ts'
import { pairKey } from '../attribution/store-keys.ts'
import type { AttackerMessage, ProfileMessage } from '../clustering/attacker-message.ts'
import type { Touch } from '../store.ts'
import { componentHeadKey, evidenceRowKey, PENDING_ATTACKERS } from './cluster-keys.ts'
import { type ClusterMember, takenValues } from './cluster-member.ts'
import { evidenceOf } from './evidence.ts'
import { type EvidenceHead, NO_HOLDER } from './evidence-head.ts'
import { featuresOfProfile } from './features.ts'
import {
  identityAttackersStore,
  identityComponentsStore,
  identityEvidenceStore,
  identityPendingStore,
} from './identify-stores.ts'
import { identityOf } from './identity-roll-up.ts'
import type { IdentityRow } from './identity-row.ts'
import {
  identitiesStore,
  identityAnchorsStore,
  identityProfilesStore,
  identityVisitsStore,
} from './identity-stores.ts'

/** A row that a hint was shown, as `Touch.key` has it. */
type Touched<V> = V | null | undefined

/**
 * Rows that a message will probably touch. Of a profile that others share values with: one of each
 * class of holders, the root of its component, and what the next pass will ask of that. What a list
 * of holders or members would say is left to miss.
 */
export function prefetchIdentify(
  message: AttackerMessage,
  _key: string | null,
  touch: Touch,
): boolean {
  switch (message.type) {
    case 'seen':
      touch.key(identityProfilesStore.name, toByteString(message.attacker))
      touch.key(identityAttackersStore.name, toByteString(message.attacker))
      return false
    case 'profile':
      return prefetchProfile(message, touch)
    case 'sighting': {
      const anchor = toByteString(message.anchor)
      const visit = pairKey(anchor, toByteString(message.sighting.decky_id))
      touch.key(identityVisitsStore.name, visit)
      touch.key(identityAttackersStore.name, anchor)
      touch.key(identityAnchorsStore.name, anchor)
      prefetchPending(anchor, touch)
      const identity = touch.key(identitiesStore.name, anchor) as Touched<IdentityRow>
      if (identity !== undefined && identity !== null) {
        prefetchPending(toByteString(identity.attacker), touch)
      }
      return identity === null
    }
    case 'keystrokes':
      prefetchPending(toByteString(message.attacker), touch)
      return false
  }
}

function prefetchPending(attacker: ByteString, touch: Touch): void {
  touch.key(identityPendingStore.name, PENDING_ATTACKERS + attacker)
}

function prefetchProfile({ profile }: ProfileMessage, touch: Touch): boolean {
  const attacker = toByteString(profile.attacker_uuid)
  touch.key(identityAttackersStore.name, attacker)
  touch.key(identityProfilesStore.name, attacker)
  prefetchPending(attacker, touch)
  const { c2Endpoints, hassh, ja3, payloadHashes } = featuresOfProfile(profile)
  const evidence = evidenceOf({
    ja3,
    hassh,
    payloadHashes: takenValues(payloadHashes),
    c2Endpoints: takenValues(c2Endpoints),
  })
  const others = new Set<ByteString>()
  let leadsOn = false
  for (const each of evidence) {
    const key = evidenceRowKey(each)
    const head = touch.key(identityEvidenceStore.name, key) as Touched<EvidenceHead>
    if (head === null) leadsOn = true
    else if (head?.isGeneric === false) {
      for (const { holder } of head.classes) if (holder !== NO_HOLDER) others.add(holder)
    }
  }
  others.delete(attacker)
  return prefetchRoots(others, touch) || leadsOn
}

/** @returns true: not all of the roots are known */
function prefetchRoots(attackers: ReadonlySet<ByteString>, touch: Touch): boolean {
  const roots = new Set<ByteString>()
  let leadsOn = false
  for (const attacker of attackers) {
    const member = touch.key(identityAttackersStore.name, attacker) as Touched<ClusterMember>
    if (member === null) leadsOn = true
    else if (member !== undefined) roots.add(member.root)
  }
  for (const root of roots) prefetchRoot(root, touch)
  return leadsOn
}

function prefetchRoot(root: ByteString, touch: Touch): void {
  touch.key(identityAttackersStore.name, root)
  touch.key(identityComponentsStore.name, componentHeadKey(root))
  touch.key(identitiesStore.name, identityOf(root))
}
