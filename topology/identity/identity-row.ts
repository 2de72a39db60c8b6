import type { Codec } from '../../bytes/codec.ts'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import type { IdentityFingerprints } from './roll-up.ts'
import { readTexts, writeTexts } from '../clustering/text-list-codec.ts'

/**
 * A row of `identities`. Each attacker has an identity of its own, which was merged away unless the
 * attacker is the root of its component.
 *
 * But for `events` a row is a function of what is known of the members now: after an un-merge it
 * is as if the merge had never been.
 */
export interface IdentityRow extends IdentityFingerprints {
  readonly attacker: string
  /** The identity that it is part of now; null: it is one of its own. */
  readonly mergedInto: string | null
  /** When its attacker was first seen, epoch seconds. */
  readonly firstSeen: number
  /** Newest last_seen of its attackers' profiles; firstSeen where there is none, and when merged. */
  readonly updatedTs: number
  /** Attackers that are this identity now; 0 when merged. */
  readonly attackers: number
  /** As the fingerprints: sorted, each once; null: none. */
  readonly payloadHashes: readonly string[] | null
  readonly c2Endpoints: readonly string[] | null
  /** One of its attackers was tagged on a decky; always false under the reference policy. */
  readonly hasVisits: boolean
  /** Events of its history so far, those forgotten included. */
  readonly events: number
}

/** An identity that is part of another: its attackers are rolled up there. */
export function mergedIdentity(attacker: string, firstSeen: number, into: string): IdentityRow {
  return {
    attacker,
    mergedInto: into,
    firstSeen,
    updatedTs: firstSeen,
    attackers: 0,
    ja3Hashes: null,
    hasshHashes: null,
    tlsCertSha256: null,
    payloadHashes: null,
    c2Endpoints: null,
    keystrokeCentroid: null,
    hasVisits: false,
    events: 0,
  }
}

const VERSION = 2
const NOT_MERGED = ''
const NO_CENTROID = ''

/**
 * `02, attacker string, merged into string (empty: not), first seen seconds, updated seconds,
 * attackers varint, texts of ja3, hassh, certificates, payloads, endpoints (none: null), centroid
 * string (empty: none), has visits u8, events varint`
 */
export const identityRowCodec: Codec<IdentityRow> = {
  encode(row, into) {
    into.u8(VERSION)
    into.string(row.attacker)
    into.string(row.mergedInto ?? NOT_MERGED)
    writeSeconds(into, row.firstSeen)
    writeSeconds(into, row.updatedTs)
    into.varint(row.attackers)
    writeTextsOrNull(into, row.ja3Hashes)
    writeTextsOrNull(into, row.hasshHashes)
    writeTextsOrNull(into, row.tlsCertSha256)
    writeTextsOrNull(into, row.payloadHashes)
    writeTextsOrNull(into, row.c2Endpoints)
    into.string(row.keystrokeCentroid ?? NO_CENTROID)
    into.u8(Number(row.hasVisits))
    into.varint(row.events)
  },
  decode(from) {
    checkVersion(from, 'identity', VERSION)
    const attacker = from.string()
    const mergedInto = from.string()
    const [firstSeen, updatedTs] = [readSeconds(from), readSeconds(from)]
    const attackers = from.varint()
    const lists = {
      ja3Hashes: readTextsOrNull(from),
      hasshHashes: readTextsOrNull(from),
      tlsCertSha256: readTextsOrNull(from),
      payloadHashes: readTextsOrNull(from),
      c2Endpoints: readTextsOrNull(from),
    }
    const centroid = from.string()
    return {
      attacker,
      mergedInto: mergedInto === NOT_MERGED ? null : mergedInto,
      firstSeen,
      updatedTs,
      attackers,
      ...lists,
      keystrokeCentroid: centroid === NO_CENTROID ? null : centroid,
      hasVisits: from.u8() !== 0,
      events: from.varint(),
    }
  },
}

function writeTextsOrNull(into: ByteWriter, texts: readonly string[] | null): void {
  writeTexts(into, texts ?? [])
}

function readTextsOrNull(from: ByteReader): readonly string[] | null {
  const texts = readTexts(from)
  return texts.length === 0 ? null : texts
}
