import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { AttackerMessage } from '../../../topology/clustering/attacker-message.ts'
import {
  attackerMessageSerializer,
  readAttackerMessage,
} from '../../../topology/clustering/attacker-message-codec.ts'
import {
  KEYSTROKE_BITS,
  type KeystrokeCounts,
  NO_KEYSTROKES,
  sumOfKeystrokes,
  withKeystroke,
} from '../../../topology/clustering/keystroke-counts.ts'
import { keystrokeCountsCodec } from '../../../topology/clustering/keystroke-counts-codec.ts'
import { records } from '../../schemas/arbitraries.ts'
import { rawRecord } from '../../schemas/raw.ts'
import { decoded, encoded } from '../attribution/codec-round-trip.ts'

const hash = fc
  .bigInt({ min: 0n, max: (1n << 64n) - 1n })
  .map((bits) => bits.toString(16).padStart(16, '0'))
const keystrokes: fc.Arbitrary<KeystrokeCounts> = fc
  .array(hash, { maxLength: 5 })
  .map((hashes) => hashes.map((each) => withKeystroke(NO_KEYSTROKES, each, 1)))
  .map(sumOfKeystrokes)
const seconds = fc.double({ min: 0, max: 1e11, maxExcluded: true, noNaN: true })
const attacker = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })

const message: fc.Arbitrary<AttackerMessage> = fc.oneof(
  fc.record({ type: fc.constant('seen' as const), attacker, firstSeen: seconds }),
  fc.record({ type: fc.constant('profile' as const), profile: records['attacker-profile'] }),
  fc.record({ type: fc.constant('keystrokes' as const), attacker, keystrokes }),
  fc.record({
    type: fc.constant('sighting' as const),
    anchor: attacker,
    sighting: fc.record({
      tag_uuid: attacker,
      tactic: attacker,
      created_ts: seconds,
      decky_id: attacker,
    }),
  }),
)

const serialize = attackerMessageSerializer()

function bytesOf(sent: AttackerMessage): Buffer {
  return Buffer.from(serialize(sent)!)
}

function received(bytes: Buffer | null): AttackerMessage {
  return readAttackerMessage(rawRecord(bytes))
}

test('a message arrives as it was sent', () => {
  fc.assert(
    fc.property(message, (sent) => {
      expect(received(bytesOf(sent))).toEqual(sent)
    }),
  )
})

test('counts of keystrokes survive in a store, however many there are', () => {
  fc.assert(
    fc.property(keystrokes, (counts) => {
      expect(decoded(keystrokeCountsCodec, encoded(keystrokeCountsCodec, counts))).toEqual(counts)
    }),
  )
  const many = 2 ** 40
  const counts = { total: many, set: Array.from({ length: KEYSTROKE_BITS }, () => many) }
  expect(decoded(keystrokeCountsCodec, encoded(keystrokeCountsCodec, counts))).toEqual(counts)
})

test('a profile of a MiB arrives whole, in fewer bytes than as JSON', () => {
  const profile = {
    attacker_uuid: 'a',
    attacker_ip: null,
    first_seen: 1.5,
    last_seen: 2.25,
    asn: 4_294_967_295,
    fingerprints: Array.from({ length: 10_000 }, (_, i) => ({
      kind: 'ja3',
      hash: `${i}`.padStart(32, '0'),
      value: null,
    })),
    payload_hashes: Array.from({ length: 5_000 }, (_, i) => `${i}`.padStart(64, 'a')),
    c2_endpoints: [],
    credentials: [{ user: 'root', password: '' }],
    commands: [{ phase: 'delivery', commands: ['id', 'curl'] }],
  }
  const bytes = bytesOf({ type: 'profile', profile })
  expect(received(bytes)).toEqual({ type: 'profile', profile })
  expect(bytes.length).toBeLessThan(JSON.stringify(profile).length)
})

test('a message cut off anywhere is refused', () => {
  fc.assert(
    fc.property(
      message,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (sent, at) => {
        const bytes = bytesOf(sent)
        const cut = bytes.subarray(0, Math.floor(bytes.length * at))
        expect(() => received(cut)).toThrow(CorruptBytesError)
      },
    ),
  )
  expect(() => received(null)).toThrow(CorruptBytesError)
})

test('any other bytes are a message or refused, never anything else', () => {
  const head = fc.tuple(fc.constant(1), fc.integer({ min: 0, max: 5 })).map((pair) => [...pair])
  const hostile = fc.tuple(fc.oneof(head, fc.constant([])), fc.uint8Array({ maxLength: 120 }))
  fc.assert(
    fc.property(hostile, ([start, rest]) => {
      try {
        expect(received(Buffer.from([...start, ...rest]))).toHaveProperty('type')
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptBytesError)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a bit set in more hashes than there are is refused', () => {
  const bytes = bytesOf({ type: 'keystrokes', attacker: 'a', keystrokes: NO_KEYSTROKES })
  bytes[bytes.length - 1] = 1
  expect(() => received(bytes)).toThrow(CorruptBytesError)
})

test('the layout of messages is what it was: other bytes need another version', () => {
  const counts = withKeystroke(NO_KEYSTROKES, '8000000000000001', 1)
  const sighting = { tag_uuid: 't', tactic: 'TA0003', created_ts: 1e-7, decky_id: 'd' }
  const profile = {
    attacker_uuid: 'a',
    attacker_ip: '::1',
    first_seen: 1.5,
    last_seen: 2,
    asn: 300,
    fingerprints: [{ kind: 'ja3', hash: null, value: 'v' }],
    payload_hashes: ['p'],
    c2_endpoints: ['c'],
    credentials: [{ user: 'u', password: 'w' }],
    commands: [{ phase: 'x', commands: ['y'] }],
  }
  const bare = { ...profile, attacker_ip: null, asn: null, fingerprints: [], payload_hashes: [] }
  const sent: AttackerMessage[] = [
    { type: 'seen', attacker: 'ä', firstSeen: 1.5 },
    { type: 'profile', profile },
    { type: 'profile', profile: { ...bare, c2_endpoints: [], credentials: [], commands: [] } },
    { type: 'keystrokes', attacker: 'a', keystrokes: counts },
    { type: 'sighting', anchor: 'a', sighting },
  ]
  expect(sent.map((each) => bytesOf(each).toString('hex'))).toMatchInlineSnapshot(`
    [
      "010102c3a4b817",
      "01020161b817a01f03033a3a31ac0201036a61330201760101700101630101750177010178010179",
      "01020161b817a01f000000000000",
      "010301610101000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
      "010401610174065441303030330148afbc9af2d77a3e0164",
    ]
  `)
})
