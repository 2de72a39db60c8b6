import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader } from '../../../bytes/byte-reader.ts'
import { ByteWriter } from '../../../bytes/byte-writer.ts'
import type { AttackerProfile } from '../../../schemas/records.ts'
import { featuresOfProfile } from '../../../topology/identity/features.ts'
import { profileRowCodec } from '../../../topology/identity/profile-row-codec.ts'
import { featuresOf, takeProfile } from '../../../topology/identity/profile-row.ts'

const text = fc.string({ unit: 'binary', maxLength: 6 })
const few = { maxLength: 4 }

const profile: fc.Arbitrary<AttackerProfile> = fc.record({
  attacker_uuid: fc.constant('a'),
  attacker_ip: fc.constant(null),
  first_seen: fc.constant(1),
  last_seen: fc.double({ min: 1, max: 1e10, noNaN: true }),
  asn: fc.option(fc.nat(0xffffffff)),
  fingerprints: fc.array(
    fc.record({
      kind: fc.constantFrom('ja3', 'hassh', 'tls_certificate', 'x'),
      hash: fc.option(text),
      value: fc.option(text),
    }),
    few,
  ),
  payload_hashes: fc.array(text, few),
  c2_endpoints: fc.array(text, few),
  credentials: fc.array(fc.record({ user: text, password: text }), few),
  commands: fc.uniqueArray(
    fc.record({ phase: text, commands: fc.array(text, { ...few, minLength: 1 }) }),
    { ...few, selector: ({ phase }) => phase },
  ),
})

test('what is kept of a profile within bounds weighs as the profile itself, also from disk', () => {
  fc.assert(
    fc.property(profile, (told) => {
      const { leftOut, row } = takeProfile(told)
      expect(leftOut).toBe(0)
      const into = new ByteWriter()
      profileRowCodec.encode(row, into)
      const kept = profileRowCodec.decode(new ByteReader(into.copy()))
      expect(kept).toEqual(row)
      const { c2Endpoints, payloadHashes, ...features } = featuresOfProfile(told)
      const member = {
        firstSeen: 1,
        root: 'a',
        ja3: row.ja3.at(-1) ?? null,
        hassh: row.hassh.at(-1) ?? null,
        payloadHashes,
        c2Endpoints,
      }
      expect(featuresOf(member, kept)).toEqual({ ...features, payloadHashes, c2Endpoints })
    }),
  )
})

test('credentials and commands beyond their bounds are left out and counted, whatever the order', () => {
  const credentials = Array.from({ length: 2_000 }, (_, i) => ({ user: 'root', password: `p${i}` }))
  const commands = [{ phase: 'discovery', commands: ['ls', 'x'.repeat(2_000), 'ls'] }]
  const told = { ...fc.sample(profile, { numRuns: 1, seed: 1 })[0]!, credentials, commands }
  const { leftOut, row } = takeProfile({ ...told, fingerprints: [] })
  expect(leftOut).toBe(2_000 - 1_024 + 1)
  expect(row.commands).toEqual([{ phase: 'discovery', commands: ['ls'] }])
  const reversed = takeProfile({ ...told, credentials: credentials.toReversed() })
  expect(reversed.row.credentials).toEqual(row.credentials)
})
