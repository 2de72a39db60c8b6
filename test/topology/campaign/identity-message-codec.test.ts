import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RawRecord } from '../../../broker/record-batch/record.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import { campaignMemberCodec } from '../../../topology/campaign/campaign-member-codec.ts'
import { featuresOfMessage } from '../../../topology/campaign/campaign-member.ts'
import { campaignRowCodec } from '../../../topology/campaign/campaign-row.ts'
import { standingCodec } from '../../../topology/campaign/campaign-standing.ts'
import {
  identityMessageSerializer,
  readIdentityMessage,
} from '../../../topology/campaign/identity-message-codec.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { PHASES } from '../../../topology/campaign/phase.ts'
import { decoded, encoded } from '../attribution/codec-round-trip.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const seconds = fc.oneof(
  // Minus zero is the same time as zero, and is written so.
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((ts) => ts + 0),
  fc.integer({ min: 0, max: 2_000_000_000 }),
)
const visit = fc.record({
  firstPhase: fc.constantFrom(...PHASES),
  firstTs: fc.option(seconds),
  lastPhase: fc.constantFrom(...PHASES),
  lastTs: fc.option(seconds),
})
const message: fc.Arbitrary<IdentityMessage> = fc.record({
  identity: text,
  firstSeen: seconds,
  mergedInto: fc.option(text),
  payloadHashes: fc.array(text),
  c2Endpoints: fc.array(text),
  keystrokeCentroid: fc.option(fc.oneof(text, fc.constant('00ff00ff00ff00ff'))),
  visits: fc.array(fc.tuple(text, visit)),
})

const serializer = identityMessageSerializer()
const serialize = (written: IdentityMessage) => Buffer.from(serializer(written)!)

/** In the middle of other bytes, as in a batch. */
function raw(value: Uint8Array): RawRecord {
  const buffer = Buffer.concat([Buffer.of(0xff), value, Buffer.of(0xff)])
  return { buffer, valueStart: 1, valueEnd: 1 + value.length } as RawRecord
}

test('every message is read as it was written', () => {
  fc.assert(
    fc.property(message, (written) => {
      expect(readIdentityMessage(raw(serialize(written)))).toEqual(written)
    }),
  )
})

test('a message that was cut off is corrupt, wherever it was', () => {
  fc.assert(
    fc.property(message, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (m, at) => {
      const bytes = serialize(m)
      const cut = bytes.subarray(0, Math.floor(bytes.length * at))
      expect(() => readIdentityMessage(raw(cut))).toThrow(CorruptBytesError)
    }),
  )
})

test('hostile bytes are corrupt, or a message with times', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.tuple(message, fc.nat(), fc.nat(255)).map(([written, at, byte]) => {
      const bytes = Uint8Array.from(serialize(written))
      bytes[at % bytes.length] = byte
      return bytes
    }),
  )
  fc.assert(
    fc.property(hostile, (bytes) => {
      try {
        const { firstSeen, visits } = readIdentityMessage(raw(bytes))
        const times = visits.flatMap(([, { firstTs, lastTs }]) => [firstTs ?? 0, lastTs ?? 0])
        expect([firstSeen, ...times].every(Number.isFinite)).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptBytesError)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a tombstone and another version are corrupt', () => {
  const tombstone = { buffer: Buffer.alloc(0), valueStart: -1, valueEnd: -1 } as RawRecord
  expect(() => readIdentityMessage(tombstone)).toThrow(CorruptBytesError)
  expect(() => readIdentityMessage(raw(Buffer.of(2)))).toThrow('layout 2 of a identity message')
})

test('rows are read as they were written', () => {
  const id = fc.stringMatching(/^[0-9a-f]{32}$/)
  const row = fc.record({
    message,
    mergedInto: fc.option(id),
    root: id,
    campaign: id,
    isStale: fc.boolean(),
    identities: fc.nat(),
  })
  fc.assert(
    fc.property(row, ({ campaign, identities, isStale, mergedInto, message: of, root }) => {
      const { firstSeen } = of
      const place = { firstSeen, mergedInto, root, campaign, isStale }
      const member = { ...place, features: featuresOfMessage(of) }
      expect(decoded(campaignMemberCodec, encoded(campaignMemberCodec, member))).toEqual(member)
      const standing = mergedInto === null ? { root, mergedInto } : { root: null, mergedInto }
      expect(decoded(standingCodec, encoded(standingCodec, standing))).toEqual(standing)
      const known = { identity: root, mergedInto, firstSeen, updatedTs: firstSeen, identities }
      expect(decoded(campaignRowCodec, encoded(campaignRowCodec, known))).toEqual(known)
    }),
  )
})
