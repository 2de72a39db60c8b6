import type { RawRecord } from '../../broker/record-batch/record.ts'
import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'
import { writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import { readTexts, writeTexts } from '../clustering/text-list-codec.ts'
import type { Serializer } from '../serde.ts'
import { readTime, readVisits, writeVisits } from './decky-visit-codec.ts'
import type { IdentityMessage } from './identity-message.ts'

/**
 * Messages of the topic `identity-features`; the record's key is the identity.
 *
 *     message := 01, identity string, first seen seconds, known u8,
 *                [merged into string], [centroid string],
 *                payload texts, endpoint texts, visits (decky-visit-codec.ts)
 *     texts   := varint count, string…
 */
const VERSION = 1
const IS_MERGED = 1
const HAS_CENTROID = 2

/** A serializer of its own scratch memory. */
export function identityMessageSerializer(): Serializer<IdentityMessage> {
  const writer = new ByteWriter(1_024)
  return (message) => {
    writer.reset()
    writeMessage(writer, message)
    return writer.view()
  }
}

function writeMessage(into: ByteWriter, message: IdentityMessage): void {
  const { keystrokeCentroid, mergedInto, visits } = message
  into.u8(VERSION)
  into.string(message.identity)
  writeSeconds(into, message.firstSeen)
  into.u8((mergedInto === null ? 0 : IS_MERGED) | (keystrokeCentroid === null ? 0 : HAS_CENTROID))
  if (mergedInto !== null) into.string(mergedInto)
  if (keystrokeCentroid !== null) into.string(keystrokeCentroid)
  writeTexts(into, message.payloadHashes)
  writeTexts(into, message.c2Endpoints)
  writeVisits(into, visits.length, visits)
}

/** @throws {CorruptBytesError} no message, or one of a version that is not known here */
export function readIdentityMessage(raw: RawRecord): IdentityMessage {
  if (raw.valueStart < 0) throw new CorruptBytesError('identity message without value', 0, 0)
  const from = new ByteReader(raw.buffer, raw.valueStart, raw.valueEnd)
  checkVersion(from, 'identity message', VERSION)
  const identity = from.string()
  const firstSeen = readTime(from)
  const known = from.u8()
  const mergedInto = (known & IS_MERGED) === 0 ? null : from.string()
  const keystrokeCentroid = (known & HAS_CENTROID) === 0 ? null : from.string()
  return {
    identity,
    firstSeen,
    mergedInto,
    payloadHashes: readTexts(from),
    c2Endpoints: readTexts(from),
    keystrokeCentroid,
    visits: readVisits(from),
  }
}
