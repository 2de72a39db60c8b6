import type { RawRecord } from '../../../broker/record-batch/record.ts'
import { ByteReader } from '../../../bytes/byte-reader.ts'
import { toByteString } from '../../../bytes/byte-string.ts'
import { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { MoveCause } from '../../../schemas/records.ts'
import type { Serializer } from '../../serde.ts'
import { ObservationInput, type ResolveInput } from '../resolve-input.ts'
import { readByteString, writeByteString } from './byte-string-codec.ts'
import { readCause, writeCause } from './cause-codec.ts'
import { readPrimitive, writePrimitive } from './primitive-codec.ts'
import { readSeconds, writeSeconds } from './seconds-codec.ts'
import { readValue, writeValue } from './value-codec.ts'
import { checkVersion } from './version.ts'

/**
 * Records of the topic `attacker-observation-rekey`: inputs that lay in another partition than
 * their attacker's. The record's key is the attacker.
 *
 *     input  := 01, tag u8, attacker string, body
 *     tag 01  observation  primitive, ref byte string, seconds, value, confidence f64,
 *                          append time varint ms
 *         02  profile      first seen seconds, last seen seconds
 *         03  link         identity string, root string, cause u8
 *         04  trigger      primitive
 */
const VERSION = 1
const OBSERVATION = 1
const PROFILE = 2
const LINK = 3
const TRIGGER = 4

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
      into.u8(PROFILE)
      into.string(input.attackerUuid)
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
    case 'trigger':
      into.u8(TRIGGER)
      into.string(input.attackerUuid)
      writePrimitive(into, input.primitive)
  }
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
      return { type: 'profile', attackerUuid, attacker, firstSeen, lastSeen }
    }
    case LINK: {
      const [identity, root] = [from.string(), from.string()]
      const cause = readCause(from) as MoveCause
      return { type: 'link', attackerUuid, attacker, identity, root, cause }
    }
    case TRIGGER:
      return { type: 'trigger', attackerUuid, attacker, primitive: readPrimitive(from) }
    default:
      throw new CorruptBytesError(`resolve input ${tag}`, from.position, from.end)
  }
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
