import type { RawRecord } from '../../../broker/record-batch/record.ts'
import { ByteReader } from '../../../bytes/byte-reader.ts'
import { type ByteString, toByteString } from '../../../bytes/byte-string.ts'
import { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { Serializer } from '../../serde.ts'
import type { IdentityMessage, ReceivedMessage } from '../identity-message.ts'
import { pairKey } from '../store-keys.ts'
import {
  readByteString,
  readRawByteString,
  writeByteString,
  writeRawByteString,
} from './byte-string-codec.ts'
import { readCause, writeCause } from './cause-codec.ts'
import { readPrimitive, writePrimitive } from './primitive-codec.ts'
import { readSeconds, writeSeconds } from './seconds-codec.ts'
import { readValue, writeValue } from './value-codec.ts'
import { checkVersion } from './version.ts'

/**
 * Messages of the topics `identity-observation` and `identity-observation-rekey`; the record's key
 * is the identity.
 *
 *     message := 01, tag u8, attacker byte string, body
 *     tag 01  observation  primitive, seconds, seq varint, value
 *         81  the same, of an attacker that probably shares its identity
 *         02  attributed   primitive, seconds, value
 *         03  replace      primitive, cause u8, series (codecs/series-codec.ts) to the end
 *         04  contribute   the same
 *         05  retract      primitive, cause u8
 *         06  trigger      primitive
 *         07  join         first seen seconds, updated seconds, cause u8
 *         08  leave
 */
const VERSION = 1
const OBSERVATION = 0x01
const SHARED = 0x80
const ATTRIBUTED = 0x02
const REPLACE = 0x03
const CONTRIBUTE = 0x04
const RETRACT = 0x05
const TRIGGER = 0x06
const JOIN = 0x07
const LEAVE = 0x08

const TAGS: Readonly<Record<IdentityMessage['type'], number>> = {
  observation: OBSERVATION,
  attributed: ATTRIBUTED,
  replace: REPLACE,
  contribute: CONTRIBUTE,
  retract: RETRACT,
  trigger: TRIGGER,
  join: JOIN,
  leave: LEAVE,
}

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
  const isShared = message.type === 'observation' && message.isShared
  into.u8(VERSION)
  into.u8(TAGS[message.type] | (isShared ? SHARED : 0))
  writeByteString(into, message.attacker)
  switch (message.type) {
    case 'observation':
      writePrimitive(into, message.primitive)
      writeSeconds(into, message.ts)
      into.varint(message.seq)
      writeValue(into, message.value)
      return
    case 'attributed':
      writePrimitive(into, message.primitive)
      writeSeconds(into, message.ts)
      writeValue(into, message.value)
      return
    case 'replace':
    case 'contribute':
      writePrimitive(into, message.primitive)
      writeCause(into, message.cause)
      writeRawByteString(into, message.partial)
      return
    case 'retract':
      writePrimitive(into, message.primitive)
      writeCause(into, message.cause)
      return
    case 'trigger':
      writePrimitive(into, message.primitive)
      return
    case 'join':
      writeSeconds(into, message.firstSeen)
      writeSeconds(into, message.updatedTs)
      writeCause(into, message.cause)
      return
    case 'leave':
  }
}

/** @throws {CorruptBytesError} no message, or one of a version that is not known here */
export function readIdentityMessage(raw: RawRecord): ReceivedMessage {
  if (raw.keyStart < 0 || raw.valueStart < 0) {
    throw new CorruptBytesError('identity message without key or value', 0, 0)
  }
  const identity = raw.buffer.toString('latin1', raw.keyStart, raw.keyEnd)
  const from = new ByteReader(raw.buffer, raw.valueStart, raw.valueEnd)
  checkVersion(from, 'identity message', VERSION)
  const tag = from.u8()
  const attacker = readByteString(from)
  switch (tag) {
    case JOIN: {
      const [firstSeen, updatedTs] = [readSeconds(from), readSeconds(from)]
      const rowKey = pairKey(identity, attacker)
      return {
        type: 'join',
        identity,
        rowKey,
        attacker,
        firstSeen,
        updatedTs,
        cause: readCause(from),
      }
    }
    case LEAVE:
      return { type: 'leave', identity, rowKey: pairKey(identity, attacker), attacker }
    default:
      return readAboutPrimitive(tag, identity, attacker, from)
  }
}

function readAboutPrimitive(
  tag: number,
  identity: ByteString,
  attacker: ByteString,
  from: ByteReader,
): ReceivedMessage {
  const primitive = readPrimitive(from)
  const rowKey = pairKey(identity, toByteString(primitive))
  switch (tag) {
    case OBSERVATION:
    case OBSERVATION | SHARED: {
      const ts = readSeconds(from)
      const seq = from.varint()
      const value = readValue(from)
      const isShared = tag !== OBSERVATION
      return {
        type: 'observation',
        identity,
        rowKey,
        attacker,
        primitive,
        ts,
        seq,
        value,
        isShared,
      }
    }
    case ATTRIBUTED: {
      const ts = readSeconds(from)
      const value = readValue(from)
      return { type: 'attributed', identity, rowKey, attacker, primitive, ts, value }
    }
    case REPLACE:
    case CONTRIBUTE: {
      const type = tag === REPLACE ? 'replace' : 'contribute'
      const cause = readCause(from)
      const partial = readRawByteString(from, from.remaining)
      return { type, identity, rowKey, attacker, primitive, cause, partial }
    }
    case RETRACT:
      return { type: 'retract', identity, rowKey, attacker, primitive, cause: readCause(from) }
    case TRIGGER:
      return { type: 'trigger', identity, rowKey, attacker, primitive }
    default:
      throw new CorruptBytesError(`identity message ${tag}`, from.position, from.end)
  }
}
