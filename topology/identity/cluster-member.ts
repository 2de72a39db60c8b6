import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { readByteString, writeByteString } from '../attribution/codecs/byte-string-codec.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import type { HardFeatures } from './features.ts'
import { type Bounds, takenTexts } from './taken-texts.ts'
import { readTexts, writeTexts } from '../clustering/text-list-codec.ts'

/** A row of `identity-attackers`: what an attacker is clustered by, and where it belongs now. */
export interface ClusterMember extends HardFeatures {
  /** Epoch seconds. */
  readonly firstSeen: number
  /** The oldest attacker of its component; itself when alone. Its identity is the component's. */
  readonly root: ByteString
}

/** Of payloads, and of endpoints, of one attacker. */
export const VALUES_TAKEN: Bounds = { itemsMax: 1_024, bytesMax: 256 * 1_024 }

/** Without the empty text: that nothing is known of a payload is nothing in common. */
export function takenValues(values: ReadonlySet<string>): ReadonlySet<string> {
  const filled = values.has('') ? [...values].filter((value) => value !== '') : values
  return new Set(takenTexts(filled, VALUES_TAKEN))
}

const VERSION = 1
const HAS_JA3 = 1
const HAS_HASSH = 2

/** `01, first seen seconds, root, known u8, [ja3], [hassh], payload texts, endpoint texts` */
export const clusterMemberCodec: Codec<ClusterMember> = {
  encode({ c2Endpoints, firstSeen, hassh, ja3, payloadHashes, root }, into) {
    into.u8(VERSION)
    writeSeconds(into, firstSeen)
    writeByteString(into, root)
    into.u8((ja3 === null ? 0 : HAS_JA3) | (hassh === null ? 0 : HAS_HASSH))
    if (ja3 !== null) into.string(ja3)
    if (hassh !== null) into.string(hassh)
    writeTexts(into, [...payloadHashes])
    writeTexts(into, [...c2Endpoints])
  },
  decode(from) {
    checkVersion(from, 'cluster member', VERSION)
    const firstSeen = readSeconds(from)
    const root = readByteString(from)
    const known = from.u8()
    const ja3 = (known & HAS_JA3) === 0 ? null : from.string()
    const hassh = (known & HAS_HASSH) === 0 ? null : from.string()
    return {
      firstSeen,
      root,
      ja3,
      hassh,
      payloadHashes: new Set(readTexts(from)),
      c2Endpoints: new Set(readTexts(from)),
    }
  },
}
