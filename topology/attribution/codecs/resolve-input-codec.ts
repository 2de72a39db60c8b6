import type { RawRecord } from '../../../broker/record-batch/record.ts'
import { ByteReader } from '../../../bytes/byte-reader.ts'
import { toByteString } from '../../../bytes/byte-string.ts'
import { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { MoveCause } from '../../../schemas/records.ts'
import { readProfile, writeProfile } from '../../clustering/attacker-profile-codec.ts'
import type { Serializer } from '../../serde.ts'
import {
  ObservationInput,
  profileInput,
  type ResolveInput,
  type TagInput,
} from '../resolve-input.ts'
import { readByteString, writeByteString } from './byte-string-codec.ts'
import { readCause, writeCause } from './cause-codec.ts'
import { readPrimitive, writePrimitive } from './primitive-codec.ts'
import { readSeconds, writeSeconds } from './seconds-codec.ts'
import { readValue, writeValue } from './value-codec.ts'
import { checkVersion } from './version.ts'

/**
 * Records of the topic `attacker-observation-rekey`: inputs that lay in another partition than
 * their attacker's. The record's key is the attacker. Links come by `identity-moves`, too.
 *
 *     input  := 01, tag u8, attacker string, body
 *     tag 01  observation  primitive, ref byte string, seconds, value, confidence f64,
 *                          append time varint ms
 *         02  profile      first seen seconds, last seen seconds
 *         03  link         identity string, root string, cause u8
 *         04  trigger      primitive
 *         05  profile      all of it (topology/clustering/attacker-profile-codec.ts)
 *         06  tag          tag string, tactic string, created seconds, known u8, [decky string]
 */
const VERSION = 1
const OBSERVATION = 1
const PROFILE = 2
const LINK = 3
const TRIGGER = 4
const WHOLE_PROFILE = 5
const TAG = 6

/** Observations must carry their append time: it would be lost on the way. */
export function resolveInputSerializer(): Serializer<ResolveInput> {
  const writer = new ByteWriter(1_024)
  return (input) => {
    writer.reset()
    writer.u8(VERSION)
    writeInput(writer, input)
    return writer.view()
  }
}

function writeInput(into: ByteWriter, input: ResolveInput): void {
  switch (input.type) {
    case 'observation':
      into.u8(OBSERVATION)
      into.string(input.attackerUuid)
      writePrimitive(into, input.primitive)
      writeByteString(into, input.ref)
      writeSeconds(into, input.ts)
      writeValue(into, input.value)
      into.f64(input.confidence)
      into.varint(input.appendTimeMs ?? 0)
      return
    case 'profile':
      into.u8(input.profile === null ? PROFILE : WHOLE_PROFILE)
      into.string(input.attackerUuid)
      if (input.profile !== null) {
        writeProfile(into, input.profile)
        return
      }
      writeSeconds(into, input.firstSeen)
      writeSeconds(into, input.lastSeen)
      return
    case 'link':
      into.u8(LINK)
      into.string(input.attackerUuid)
      into.string(input.identity)
      into.string(input.root)
      writeCause(into, input.cause)
      return
    case 'tag':
      into.u8(TAG)
      into.string(input.attackerUuid)
      writeTag(into, input)
      return
    case 'trigger':
      into.u8(TRIGGER)
      into.string(input.attackerUuid)
      writePrimitive(into, input.primitive)
  }
}

function writeTag(into: ByteWriter, { tag }: TagInput): void {
  into.string(tag.tag_uuid)
  into.string(tag.tactic)
  writeSeconds(into, tag.created_ts)
  into.u8(tag.decky_id === null ? 0 : 1)
  if (tag.decky_id !== null) into.string(tag.decky_id)
}

/** @throws {CorruptBytesError} no input, or one of a version that is not known here */
export function readResolveInput(raw: RawRecord): ResolveInput {
  if (raw.valueStart < 0) throw new CorruptBytesError('resolve input without value', 0, 0)
  const from = new ByteReader(raw.buffer, raw.valueStart, raw.valueEnd)
  checkVersion(from, 'resolve input', VERSION)
  const tag = from.u8()
  const attackerUuid = from.string()
  const attacker = toByteString(attackerUuid)
  switch (tag) {
    case OBSERVATION:
      return readObservation(attackerUuid, from)
    case PROFILE: {
      const [firstSeen, lastSeen] = [readSeconds(from), readSeconds(from)]
      return { type: 'profile', attackerUuid, attacker, firstSeen, lastSeen, profile: null }
    }
    case LINK: {
      const [identity, root] = [from.string(), from.string()]
      const cause = readCause(from) as MoveCause
      return { type: 'link', attackerUuid, attacker, identity, root, cause }
    }
    case TRIGGER:
      return { type: 'trigger', attackerUuid, attacker, primitive: readPrimitive(from) }
    case WHOLE_PROFILE:
      return profileInput(readProfile(attackerUuid, from), true)
    case TAG:
      return { type: 'tag', attackerUuid, attacker, tag: readTag(from) }
    default:
      throw new CorruptBytesError(`resolve input ${tag}`, from.position, from.end)
  }
}

function readTag(from: ByteReader): TagInput['tag'] {
  const tag_uuid = from.string()
  const tactic = from.string()
  const created_ts = readSeconds(from)
  const decky_id = from.u8() === 0 ? null : from.string()
  return { tag_uuid, tactic, created_ts, decky_id }
}

function readObservation(attackerUuid: string, from: ByteReader): ObservationInput {
  const primitive = readPrimitive(from)
  const ref = readByteString(from)
  const ts = readSeconds(from)
  const value = readValue(from)
  const confidence = from.f64()
  const appendTimeMs = from.varint()
  const view = { attacker_uuid: attackerUuid, primitive, ts, value, confidence }
  return new ObservationInput(view, ref, appendTimeMs)
}
