import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteString } from '../../bytes/byte-string.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import type { Codec } from '../../bytes/codec.ts'
import { byCodePoint } from '../../schemas/canonical-json.ts'
import { readByteString, writeByteString } from '../attribution/codecs/byte-string-codec.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import type { HardFeatures } from './features.ts'

/** A row of `identity-attackers`: what an attacker is clustered by, and where it belongs now. */
export interface ClusterMember extends HardFeatures {
  /** Epoch seconds. */
  readonly firstSeen: number
  /** The oldest attacker of its component; itself when alone. Its identity is the component's. */
  readonly root: ByteString
}

/**
 * Payloads, and endpoints, of one attacker that are taken: so many that only abuse has more, so few
 * that a record's work stays bounded.
 */
export const VALUES_MAX = 1_024

/** @returns the values taken (the first by code point, so that the order given is of no effect) */
export function takenValues(values: ReadonlySet<string>): ReadonlySet<string> {
  if (values.size <= VALUES_MAX) return values
  return new Set([...values].sort(byCodePoint).slice(0, VALUES_MAX))
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
    writeTexts(into, payloadHashes)
    writeTexts(into, c2Endpoints)
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
      payloadHashes: readTexts(from),
      c2Endpoints: readTexts(from),
    }
  },
}

function writeTexts(into: ByteWriter, texts: ReadonlySet<string>): void {
  into.varint(texts.size)
  for (const text of texts) into.string(text)
}

function readTexts(from: ByteReader): ReadonlySet<string> {
  const texts = new Set<string>()
  for (let rest = from.varint(); rest > 0; rest--) texts.add(from.string())
  return texts
}
