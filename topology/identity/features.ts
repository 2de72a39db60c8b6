import type { AttackerProfile, Credential } from '../../schemas/records.ts'
import { fingerprintEntries, latestOfKind } from './fingerprints.ts'

/** What decides whether two attackers are one identity: hard to change for whoever attacks. */
export interface HardFeatures {
  /** Null: not known. The empty text is known, and compared. */
  readonly ja3: string | null
  readonly hassh: string | null
  readonly payloadHashes: ReadonlySet<string>
  readonly c2Endpoints: ReadonlySet<string>
}

/** Projection of an attacker onto what its weight with others is computed from. */
export interface Features extends HardFeatures {
  readonly asn: number | null
  /** See {@link credentialKey}. */
  readonly credentials: ReadonlySet<string>
  readonly commandsByPhase: ReadonlyMap<string, ReadonlySet<string>>
}

/** A row of an attacker as the reference clusters it. */
export interface AttackerRow {
  readonly uuid: string
  readonly asn: number | null
  /** A list of fingerprints, or the JSON text of one; anything else counts as none. */
  readonly fingerprints: unknown
}

const NOTHING: ReadonlySet<never> = new Set<never>()

/** Of an attacker that was seen, and no more. */
export const NOTHING_KNOWN: HardFeatures = {
  ja3: null,
  hassh: null,
  payloadHashes: NOTHING,
  c2Endpoints: NOTHING,
}

/** One text a pair of user and password, different for different pairs. */
export function credentialKey(user: string, password: string): string {
  return `${user.length}:${user}${password}`
}

/** The pair that a key stands for. @throws {RangeError} it is no key */
export function credentialOfKey(key: string): Credential {
  const colon = key.indexOf(':')
  const userEnd = colon + 1 + Number(key.slice(0, colon))
  if (colon < 1 || !(userEnd <= key.length)) throw new RangeError('not the key of a credential')
  return { user: key.slice(colon + 1, userEnd), password: key.slice(userEnd) }
}

/** Everything the profile carries (streaming policy). */
export function featuresOfProfile(profile: AttackerProfile): Features {
  const entries = fingerprintEntries(profile.fingerprints)
  return {
    ja3: latestOfKind(entries, 'ja3'),
    hassh: latestOfKind(entries, 'hassh'),
    asn: profile.asn,
    payloadHashes: new Set(profile.payload_hashes),
    c2Endpoints: new Set(profile.c2_endpoints),
    credentials: new Set(
      profile.credentials.map(({ password, user }) => credentialKey(user, password)),
    ),
    commandsByPhase: new Map(
      profile.commands.map(({ commands, phase }) => [phase, new Set(commands)]),
    ),
  }
}

/** Fingerprints and ASN only (reference policy). */
export function featuresOfRow(row: AttackerRow): Features {
  const entries = fingerprintEntries(row.fingerprints)
  return {
    ja3: latestOfKind(entries, 'ja3'),
    hassh: latestOfKind(entries, 'hassh'),
    asn: row.asn,
    payloadHashes: NOTHING,
    c2Endpoints: NOTHING,
    credentials: NOTHING,
    commandsByPhase: new Map(),
  }
}
