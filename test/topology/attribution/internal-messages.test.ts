import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RawRecord } from '../../../broker/record-batch/record.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import { attackerLinkCodec } from '../../../topology/attribution/attacker-link.ts'
import {
  identityMessageSerializer,
  readIdentityMessage,
} from '../../../topology/attribution/codecs/identity-message-codec.ts'
import {
  readResolveInput,
  resolveInputSerializer,
} from '../../../topology/attribution/codecs/resolve-input-codec.ts'
import { identityMemberCodec } from '../../../topology/attribution/identity-member.ts'
import type { IdentityMessage } from '../../../topology/attribution/identity-message.ts'
import { multiActorWindowCodec } from '../../../topology/attribution/multi-actor-window.ts'
import { observationExpiryStore } from '../../../topology/attribution/observation-expiry.ts'
import { observationRowCodec } from '../../../topology/attribution/observation-row.ts'
import {
  ObservationInput,
  profileInput,
  type ResolveInput,
} from '../../../topology/attribution/resolve-input.ts'
import { categoricalValue, partialOf, time } from './arbitrary-series.ts'
import { decoded, encoded } from './codec-round-trip.ts'

function rawRecord(key: string | null, value: Buffer | null): RawRecord {
  const keyBytes = Buffer.from(key ?? '')
  const valueBytes = value ?? Buffer.alloc(0)
  const buffer = Buffer.concat([Buffer.from('before'), keyBytes, valueBytes, Buffer.from('after')])
  const keyEnd = 6 + keyBytes.length
  return {
    buffer,
    offset: 0,
    timestampMs: 0,
    keyStart: key === null ? -1 : 6,
    keyEnd: key === null ? -1 : keyEnd,
    valueStart: value === null ? -1 : keyEnd,
    valueEnd: value === null ? -1 : keyEnd + valueBytes.length,
    headersStart: 0,
  }
}

const partial = partialOf('categorical', [{ ts: 1.5, attacker: 'att-a', seq: 0, value: 'steady' }])
const about = { attacker: 'att-a', primitive: 'motor.keystroke_cadence' }
const messages: IdentityMessage[] = [
  { type: 'observation', ...about, ts: 1_714_000_000.25, seq: 3, value: 'steady', isShared: false },
  { type: 'observation', ...about, ts: 1e-7, seq: 3, value: null, isShared: true },
  { type: 'attributed', ...about, primitive: 'un.known', ts: 7, value: 'ü' },
  { type: 'replace', ...about, partial, cause: 'observation' },
  { type: 'contribute', ...about, partial, cause: 'unmerge' },
  { type: 'retract', ...about, cause: 'merge' },
  { type: 'trigger', ...about },
  { type: 'join', attacker: 'att-a', firstSeen: 1.5, updatedTs: 2.5, cause: 'link' },
  { type: 'leave', attacker: 'att-a' },
]

test.each(messages)('a message to an identity arrives as it was sent: $type', (message) => {
  const bytes = Buffer.from(identityMessageSerializer()(message)!)
  const received = readIdentityMessage(rawRecord('identität', bytes))
  const identity = Buffer.from('identität').toString('latin1')
  const last = 'primitive' in message ? message.primitive : message.attacker
  expect(received).toEqual({ ...message, identity, rowKey: `${identity}\u0000${last}` })
})

test('the layout of messages is what it was: other bytes need another version', () => {
  const serialize = identityMessageSerializer()
  expect(messages.map((message) => serialize(message)!.toString('hex'))).toMatchInlineSnapshot(`
    [
      "0101056174742d6103f4d3e3a5e2630317",
      "0181056174742d61030148afbc9af2d77a3e0300",
      "0102056174742d610008756e2e6b6e6f776eb06d0402c3bc",
      "0103056174742d6103000101dc0b01056174742d61000117",
      "0104056174742d6103030101dc0b01056174742d61000117",
      "0105056174742d610302",
      "0106056174742d6103",
      "0107056174742d61b817882701",
      "0108056174742d61",
    ]
  `)
})

const view = {
  attacker_uuid: 'ätt-a',
  primitive: 'motor.keystroke_cadence',
  ts: 1_714_000_000.25,
  value: 'steady',
  confidence: 0.9,
}
const attacker = Buffer.from('ätt-a').toString('latin1')
const profile = {
  attacker_uuid: 'ätt-a',
  attacker_ip: null,
  first_seen: 1.5,
  last_seen: 2,
  asn: null,
  fingerprints: [{ kind: 'ja3', hash: 'h', value: null }],
  payload_hashes: ['p'],
  c2_endpoints: [],
  credentials: [],
  commands: [],
}
const tag = { tag_uuid: 't', tactic: 'TA0003', created_ts: 7, decky_id: 'd' }
const inputs: ResolveInput[] = [
  new ObservationInput(view, 'ref\u0000\u00ff', 1_714_000_000_000),
  {
    type: 'profile',
    attackerUuid: 'ätt-a',
    attacker,
    firstSeen: 1.5,
    lastSeen: 1e-9,
    profile: null,
  },
  { type: 'link', attackerUuid: 'ätt-a', attacker, identity: 'i', root: 'r', cause: 'merge' },
  { type: 'trigger', attackerUuid: 'ätt-a', attacker, primitive: '' },
  profileInput(profile, true),
  { type: 'tag', attackerUuid: 'ätt-a', attacker, tag },
  { type: 'tag', attackerUuid: 'ätt-a', attacker, tag: { ...tag, decky_id: null } },
]

test.each(inputs)('a misplaced input arrives as it was: $type', (input) => {
  const bytes = Buffer.from(resolveInputSerializer()(input)!)
  expect(readResolveInput(rawRecord('ätt-a', bytes))).toEqual(input)
})

test('the layout of misplaced inputs is what it was', () => {
  const serialize = resolveInputSerializer()
  expect(inputs.map((input) => serialize(input)!.toString('hex'))).toMatchInlineSnapshot(`
    [
      "010106c3a474742d61030572656600fff4d3e3a5e26317cdccccccccccec3f80e8f192f131",
      "010206c3a474742d61b8170195d626e80b2e113e",
      "010306c3a474742d610169017202",
      "010406c3a474742d610000",
      "010506c3a474742d61b817a01f0001036a6133010168010170000000",
      "010606c3a474742d61017406544130303033b06d010164",
      "010606c3a474742d61017406544130303033b06d00",
    ]
  `)
})

test('messages that are cut off, empty, newer or unknown are refused', () => {
  const serialize = identityMessageSerializer()
  const bytes = Buffer.from(serialize(messages[0]!)!)
  const refused = [
    rawRecord('id', null),
    rawRecord(null, bytes),
    rawRecord('id', Buffer.alloc(0)),
    rawRecord('id', bytes.subarray(0, 9)),
    rawRecord('id', Buffer.from([2, ...bytes.subarray(1)])),
    rawRecord('id', Buffer.from([1, 0x77, ...bytes.subarray(2)])),
  ]
  for (const raw of refused) expect(() => readIdentityMessage(raw)).toThrow(CorruptBytesError)
  expect(() => readResolveInput(rawRecord('id', Buffer.from([1, 9, 0])))).toThrow(CorruptBytesError)
})

test('rows of the other stores survive encoding', () => {
  fc.assert(
    fc.property(fc.string(), time, fc.nat(), categoricalValue, (text, ts, count, value) => {
      const link = { identity: text, root: text, firstSeen: ts, isOwnStub: count % 2 === 0 }
      expect(decoded(attackerLinkCodec, encoded(attackerLinkCodec, link))).toEqual(link)
      const elsewhere = { ...link, root: `${text}2` }
      expect(decoded(attackerLinkCodec, encoded(attackerLinkCodec, elsewhere))).toEqual(elsewhere)

      const row = { ts, seq: count, value, confidence: 0.25, expirySlot: count }
      expect(decoded(observationRowCodec, encoded(observationRowCodec, row))).toEqual(row)

      const member = { firstSeen: ts, updatedTs: ts + 1, cause: 'link' as const }
      expect(decoded(identityMemberCodec, encoded(identityMemberCodec, member))).toEqual(member)

      const window = { entries: [{ primitive: text, entryTs: ts }], announced: ['motor.a', text] }
      expect(decoded(multiActorWindowCodec, encoded(multiActorWindowCodec, window))).toEqual(window)
    }),
  )
})

test('the layout of rows is what it was: other bytes need another version', () => {
  const hex = [
    encoded(attackerLinkCodec, { identity: 'i', root: 'r', firstSeen: 1.5, isOwnStub: false }),
    encoded(observationRowCodec, { ts: 2, seq: 300, value: true, confidence: 1, expirySlot: 5 }),
    encoded(identityMemberCodec, { firstSeen: 1, updatedTs: 0.1234567, cause: 'unmerge' }),
    encoded(multiActorWindowCodec, {
      entries: [{ primitive: 'motor.input_modality', entryTs: 3 }],
      announced: ['un.known'],
    }),
    encoded(observationExpiryStore.codec, { type: 'entry', rowKey: 'a\u0000b', appendTimeMs: 9 }),
    encoded(observationExpiryStore.codec, { type: 'ends', firstChunk: 1, nextSlot: 300 }),
  ].map((bytes) => bytes.toString('hex'))
  expect(hex).toMatchInlineSnapshot(`
    [
      "010001690172b817",
      "01a01fac0202060105",
      "01d00f0172daf8b8db9abf3f03",
      "010101f02e010008756e2e6b6e6f776e",
      "010009610062",
      "010101ac02",
    ]
  `)
})
