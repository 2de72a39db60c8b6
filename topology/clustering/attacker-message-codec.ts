import type { RawRecord } from '../../broker/record-batch/record.ts'
import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import type { Serializer } from '../serde.ts'
import type { AttackerMessage, SightingMessage } from './attacker-message.ts'
import { readProfile, writeProfile } from './attacker-profile-codec.ts'
import { readKeystrokes, writeKeystrokes } from './keystroke-counts-codec.ts'

/**
 * Messages of the topic `attacker-features`; the record's key is the attacker, or the anchor.
 *
 *     message := 01, tag u8, body
 *     tag 01  seen        attacker string, first seen seconds
 *         02  profile     attacker string, (attacker-profile-codec.ts)
 *         03  keystrokes  attacker string, (keystroke-counts-codec.ts)
 *         04  sighting    anchor string, tag string, tactic string, created seconds, decky string
 */
const VERSION = 1
const SEEN = 1
const PROFILE = 2
const KEYSTROKES = 3
const SIGHTING = 4

export function attackerMessageSerializer(): Serializer<AttackerMessage> {
  const writer = new ByteWriter(1_024)
  return (message) => {
    writer.reset()
    writer.u8(VERSION)
    writeMessage(writer, message)
    return writer.view()
  }
}

function writeMessage(into: ByteWriter, message: AttackerMessage): void {
  switch (message.type) {
    case 'seen':
      into.u8(SEEN)
      into.string(message.attacker)
      writeSeconds(into, message.firstSeen)
      return
    case 'profile':
      into.u8(PROFILE)
      into.string(message.profile.attacker_uuid)
      writeProfile(into, message.profile)
      return
    case 'keystrokes':
      into.u8(KEYSTROKES)
      into.string(message.attacker)
      writeKeystrokes(into, message.keystrokes)
      return
    case 'sighting': {
      const { created_ts, decky_id, tactic, tag_uuid } = message.sighting
      into.u8(SIGHTING)
      into.string(message.anchor)
      into.string(tag_uuid)
      into.string(tactic)
      writeSeconds(into, created_ts)
      into.string(decky_id)
    }
  }
}

/** @throws {CorruptBytesError} no message, or one of a version that is not known here */
export function readAttackerMessage(raw: RawRecord): AttackerMessage {
  if (raw.valueStart < 0) throw new CorruptBytesError('attacker message without value', 0, 0)
  const from = new ByteReader(raw.buffer, raw.valueStart, raw.valueEnd)
  checkVersion(from, 'attacker message', VERSION)
  const tag = from.u8()
  switch (tag) {
    case SEEN:
      return { type: 'seen', attacker: from.string(), firstSeen: readSeconds(from) }
    case PROFILE:
      return { type: 'profile', profile: readProfile(from.string(), from) }
    case KEYSTROKES:
      return { type: 'keystrokes', attacker: from.string(), keystrokes: readKeystrokes(from) }
    case SIGHTING:
      return readSighting(from)
    default:
      throw new CorruptBytesError(`attacker message ${tag}`, from.position, from.end)
  }
}

function readSighting(from: ByteReader): SightingMessage {
  const anchor = from.string()
  const tag_uuid = from.string()
  const tactic = from.string()
  const created_ts = readSeconds(from)
  return {
    type: 'sighting',
    anchor,
    sighting: { tag_uuid, tactic, created_ts, decky_id: from.string() },
  }
}
