import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import type { AttackerProfile, Fingerprint } from '../../schemas/records.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'

/**
 * An attacker profile in internal topics; the message around it has a version byte and says which
 * attacker's it is.
 *
 *     profile     := first seen seconds, last seen seconds,
 *                    known u8 (bit 0 address, 1 asn), [address string], [asn varint],
 *                    list of fingerprint, list of payload hash string, list of endpoint string,
 *                    list of (user string, password string),
 *                    list of (phase string, list of command string)
 *     fingerprint := kind string, known u8 (bit 0 hash, 1 value), [hash string], [value string]
 *     list        := length varint, that many
 *
 * Never longer than the Avro or JSON that the profile came in, so what fitted into its topic fits
 * into the internal ones.
 */
const FIRST = 1
const SECOND = 2

export function writeProfile(into: ByteWriter, profile: AttackerProfile): void {
  const { asn, attacker_ip } = profile
  writeSeconds(into, profile.first_seen)
  writeSeconds(into, profile.last_seen)
  into.u8((attacker_ip === null ? 0 : FIRST) | (asn === null ? 0 : SECOND))
  if (attacker_ip !== null) into.string(attacker_ip)
  if (asn !== null) into.varint(asn)
  writeList(into, profile.fingerprints, writeFingerprint)
  writeList(into, profile.payload_hashes, writeText)
  writeList(into, profile.c2_endpoints, writeText)
  writeList(into, profile.credentials, (to, { password, user }) => {
    to.string(user)
    to.string(password)
  })
  writeList(into, profile.commands, (to, { commands, phase }) => {
    to.string(phase)
    writeList(to, commands, writeText)
  })
}

/** @throws {CorruptBytesError} no profile starts here */
export function readProfile(attacker_uuid: string, from: ByteReader): AttackerProfile {
  const first_seen = readSeconds(from)
  const last_seen = readSeconds(from)
  const known = from.u8()
  return {
    attacker_uuid,
    first_seen,
    last_seen,
    attacker_ip: (known & FIRST) === 0 ? null : from.string(),
    asn: (known & SECOND) === 0 ? null : from.varint(),
    fingerprints: readList(from, readFingerprint),
    payload_hashes: readList(from, readText),
    c2_endpoints: readList(from, readText),
    credentials: readList(from, (reader) => ({ user: reader.string(), password: reader.string() })),
    commands: readList(from, (reader) => ({
      phase: reader.string(),
      commands: readList(reader, readText),
    })),
  }
}

function writeFingerprint(into: ByteWriter, { hash, kind, value }: Fingerprint): void {
  into.string(kind)
  into.u8((hash === null ? 0 : FIRST) | (value === null ? 0 : SECOND))
  if (hash !== null) into.string(hash)
  if (value !== null) into.string(value)
}

function readFingerprint(from: ByteReader): Fingerprint {
  const kind = from.string()
  const known = from.u8()
  const hash = (known & FIRST) === 0 ? null : from.string()
  const value = (known & SECOND) === 0 ? null : from.string()
  return { kind, hash, value }
}

function writeText(into: ByteWriter, text: string): void {
  into.string(text)
}

function readText(from: ByteReader): string {
  return from.string()
}

function writeList<T>(
  into: ByteWriter,
  items: readonly T[],
  write: (into: ByteWriter, item: T) => void,
): void {
  into.varint(items.length)
  for (const item of items) write(into, item)
}

/** Damaged bytes may claim any length: nothing is set aside for it, and each item needs a byte. */
function readList<T>(from: ByteReader, read: (from: ByteReader) => T): T[] {
  const items: T[] = []
  for (let rest = from.varint(); rest > 0; rest--) items.push(read(from))
  return items
}
