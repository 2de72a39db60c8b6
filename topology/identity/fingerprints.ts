/** The fingerprints of one attacker, as its roll-up wants them: all ever listed, by kind. */
export interface SeenFingerprints {
  readonly ja3: readonly string[]
  readonly hassh: readonly string[]
  readonly tlsCertSha256: readonly string[]
}

type Entry = Readonly<Record<string, unknown>>

/**
 * The entries of a list of fingerprints as foreign rows have it: a list, or the JSON text of one.
 * Anything else, or text that is no JSON, is no list; entries that are no objects are passed over.
 */
export function fingerprintEntries(list: unknown): Entry[] {
  const value = typeof list === 'string' ? parsed(list) : list
  return Array.isArray(value) ? value.filter(isEntry) : []
}

/** The fingerprint of a kind: `hash`, or else `value`; of several entries the last not empty. */
export function latestOfKind(entries: readonly Entry[], kind: string): string | null {
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i]!
    if (entry['kind'] !== kind) continue
    const text = filledText(entry['hash']) ?? filledText(entry['value'])
    if (text !== null) return text
  }
  return null
}

/**
 * Reads each entry by its `fingerprint_type`, which is beside the fingerprint: in `payload` where
 * the entry has one. Not the shape that {@link latestOfKind} reads, so an attacker may be joined by
 * a fingerprint that its identity's roll-up lacks.
 */
export function seenByType(entries: readonly Entry[]): SeenFingerprints {
  const payloads = entries.map(({ payload, ...entry }) => (isEntry(payload) ? payload : entry))
  return {
    ja3: textsOf(payloads, 'ja3', 'ja3'),
    hassh: textsOf(payloads, 'hassh_server', 'hash'),
    tlsCertSha256: textsOf(payloads, 'tls_certificate', 'cert_sha256'),
  }
}

/** As {@link latestOfKind} reads them, but all of each kind. */
export function seenByKind(entries: readonly Entry[]): SeenFingerprints {
  const ofKind = (kind: string): string[] =>
    entries
      .filter((entry) => entry['kind'] === kind)
      .map(({ hash, value }) => filledText(hash) ?? filledText(value))
      .filter((text) => text !== null)
  return { ja3: ofKind('ja3'), hassh: ofKind('hassh'), tlsCertSha256: ofKind('tls_certificate') }
}

function textsOf(payloads: readonly Entry[], type: string, member: string): string[] {
  return payloads
    .filter((payload) => payload['fingerprint_type'] === type)
    .map((payload) => filledText(payload[member]))
    .filter((text) => text !== null)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function filledText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
