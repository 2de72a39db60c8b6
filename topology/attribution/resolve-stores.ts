import { fromByteString } from '../../bytes/byte-string.ts'
import { valueToJson } from '../../schemas/observed-value.ts'
import { centroidOf, type KeystrokeCounts } from '../clustering/keystroke-counts.ts'
import { keystrokeCountsCodec } from '../clustering/keystroke-counts-codec.ts'
import type { StoreSpec } from '../store.ts'
import { type AttackerLink, attackerLinkCodec } from './attacker-link.ts'
import { type ObservationRow, observationRowCodec } from './observation-row.ts'
import { partialCodec, type SeriesPartial } from './partial.ts'
import { partialToJson } from './partial-json.ts'
import { firstPartOf, firstTwoPartsOf } from './store-keys.ts'

/** Stores of the `resolve` processor. */

/** attacker */
export const attackerLinksStore: StoreSpec<AttackerLink> = {
  name: 'attacker-links',
  codec: attackerLinkCodec,
  toJson: (key, { identity, root, firstSeen }) => ({
    attacker_uuid: fromByteString(key),
    identity_uuid: identity,
    root_uuid: root,
    first_seen: firstSeen,
  }),
}

/** attacker, primitive, evidence reference (the observation's id where it has none) */
export const attackerObservationsStore: StoreSpec<ObservationRow> = {
  name: 'attacker-observations',
  codec: observationRowCodec,
  groupOf: firstTwoPartsOf,
  toJson: (_key, { ts, seq, value, confidence }) => ({
    ts,
    seq,
    value: valueToJson(value),
    confidence,
  }),
}

/** attacker, primitive */
export const attackerPartialsStore: StoreSpec<SeriesPartial> = {
  name: 'attacker-partials',
  codec: partialCodec,
  groupOf: firstPartOf,
  toJson: (_key, partial) => partialToJson(partial),
}

/** attacker; only with a clusterer */
export const attackerKeystrokesStore: StoreSpec<KeystrokeCounts> = {
  name: 'attacker-keystrokes',
  codec: keystrokeCountsCodec,
  toJson: (key, counts) => ({
    attacker_uuid: fromByteString(key),
    hashes: counts.total,
    keystroke_centroid: centroidOf(counts),
  }),
}
