import { expect, test } from 'vitest'
import type { AttackerProfile } from '../../../schemas/records.ts'
import {
  credentialKey,
  featuresOfProfile,
  featuresOfRow,
} from '../../../topology/identity/features.ts'
import {
  fingerprintEntries,
  seenByKind,
  seenByType,
} from '../../../topology/identity/fingerprints.ts'

const rowOf = (fingerprints: unknown) => featuresOfRow({ uuid: 'a', asn: 1, fingerprints })

test.each([
  ['text that is no JSON', '{"kind"'],
  ['JSON that is no list', '{"kind":"ja3","hash":"x"}'],
  ['nothing', null],
  ['entries that are no objects', [1, null, 'ja3', ['ja3', 'x']]],
  ['an empty fingerprint', [{ kind: 'ja3', hash: '', value: '' }]],
  ['a fingerprint that is no text', [{ kind: 'ja3', hash: 7 }]],
])('%s is no fingerprint', (_what, fingerprints) => {
  expect(rowOf(fingerprints)).toMatchObject({ ja3: null, hassh: null, asn: 1 })
})

test('of a kind the last that is not empty counts, by hash, else by value', () => {
  const entries = [
    { kind: 'ja3', hash: 'first' },
    { kind: 'ja3', hash: '', value: 'second' },
    { kind: 'ja3', value: '' },
    { kind: 'hassh', hash: 'hash', value: 'value' },
    { kind: 'jarm', hash: 'other' },
  ]
  expect(rowOf(entries)).toMatchObject({ ja3: 'second', hassh: 'hash' })
  expect(rowOf(JSON.stringify(entries))).toEqual(rowOf(entries))
})

test('the last of ten thousand fingerprints counts', () => {
  const entries = Array.from({ length: 10_000 }, (_, i) => ({ kind: 'hassh', hash: `h${i}` }))
  expect(rowOf(entries).hassh).toBe('h9999')
})

test('a roll-up reads by type, beside the fingerprint or in its payload', () => {
  const entries = fingerprintEntries([
    { kind: 'ja3', fingerprint_type: 'ja3', ja3: 'j' },
    { kind: 'hassh', payload: { fingerprint_type: 'hassh_server', hash: 'h' } },
    { payload: { fingerprint_type: 'tls_certificate', cert_sha256: 't' } },
    { kind: 'ja3', hash: 'of another shape' },
  ])
  expect(seenByType(entries)).toEqual({ ja3: ['j'], hassh: ['h'], tlsCertSha256: ['t'] })
  expect(seenByKind(entries)).toEqual({ ja3: ['of another shape'], hassh: [], tlsCertSha256: [] })
})

test('a profile is projected with all it carries', () => {
  const profile: AttackerProfile = {
    attacker_uuid: 'a',
    attacker_ip: null,
    first_seen: 1,
    last_seen: 2,
    asn: 64_500,
    fingerprints: [{ kind: 'ja3', hash: null, value: 'j' }],
    payload_hashes: ['p', 'p'],
    c2_endpoints: ['c'],
    credentials: [{ user: 'root', password: 'toor' }],
    commands: [{ phase: 'discovery', commands: ['id', 'id', 'ls'] }],
  }
  expect(featuresOfProfile(profile)).toEqual({
    ja3: 'j',
    hassh: null,
    asn: 64_500,
    payloadHashes: new Set(['p']),
    c2Endpoints: new Set(['c']),
    credentials: new Set([credentialKey('root', 'toor')]),
    commandsByPhase: new Map([['discovery', new Set(['id', 'ls'])]]),
  })
})

test('different pairs of user and password never share a key', () => {
  expect(credentialKey('ab', 'c')).not.toBe(credentialKey('a', 'bc'))
  expect(credentialKey('', '1:a')).not.toBe(credentialKey('1', ':a'))
})
