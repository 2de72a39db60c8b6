import type { ByteString } from '../../bytes/byte-string.ts'
import { byCodePoint } from '../../schemas/canonical-json.ts'
import { c2Endpoint, type CampaignFeatures, decky, payload } from './campaign-features.ts'
import type { DeckyVisit } from './decky-visit.ts'
import type { IdentityMessage } from './identity-message.ts'
import { type KeystrokeCentroid, parseKeystrokeCentroid } from './keystroke-centroid.ts'

/** A row of `campaign-identities`: what an identity is clustered by, and where it belongs now. */
export interface CampaignMember {
  /** Epoch seconds. */
  readonly firstSeen: number
  /** The identity it was merged into: then it is in no component; null: none. */
  readonly mergedInto: ByteString | null
  /** The oldest identity of its component; of one that was merged out, {@link mergedInto}. */
  readonly root: ByteString
  /** Of the root: the campaign that the identity is in. */
  readonly campaign: string
  /** It names a component of which edges may have gone; false at the end of each batch. */
  readonly isStale: boolean
  readonly features: CampaignFeatures
}

/** Deckies of one identity that are taken: so many that only abuse has more. */
export const DECKIES_MAX = 1_024

export const NO_FEATURES: CampaignFeatures = featuresFrom(new Set(), new Map(), null)

/** Of a message; deckies beyond {@link DECKIES_MAX} are left out, the last by code point. */
export function featuresOfMessage(message: IdentityMessage): CampaignFeatures {
  const { c2Endpoints, keystrokeCentroid, payloadHashes, visits } = message
  const infrastructure = new Set([...payloadHashes.map(payload), ...c2Endpoints.map(c2Endpoint)])
  // In one order, so that the same message again is seen to be the same.
  const taken = visits.toSorted(([a], [b]) => byCodePoint(a, b)).slice(0, DECKIES_MAX)
  return featuresFrom(infrastructure, new Map(taken), parseKeystrokeCentroid(keystrokeCentroid))
}

export function featuresFrom(
  infrastructure: ReadonlySet<string>,
  visits: ReadonlyMap<string, DeckyVisit>,
  keystrokes: KeystrokeCentroid | null,
): CampaignFeatures {
  const cohort = new Set([...visits.keys()].map(decky))
  return { infrastructure, cohort, visits, keystrokes, sessions: [] }
}
