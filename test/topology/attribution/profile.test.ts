import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { Value } from '../../../schemas/records.ts'
import {
  PUBLIC_CONTRIBUTOR,
  SEVERAL_CONTRIBUTORS,
} from '../../../topology/attribution/contributor.ts'
import { OpenProfile } from '../../../topology/attribution/open-profile.ts'
import { Profile, profileCodec } from '../../../topology/attribution/profile.ts'
import { evaluate, rowEmptied, stateChanged } from '../../../topology/attribution/transition.ts'
import { decoded, encoded } from './codec-round-trip.ts'
import { kind, sightings } from './arbitrary-series.ts'

/** A plain copy of everything an open profile says. */
function shown(profile: OpenProfile) {
  const { series, ...row } = profile
  const { length } = series
  return {
    ...row,
    kind: series.kind,
    count: series.count,
    ts: series.ts.slice(0, length),
    attackers: series.attackers.slice(0, length),
    seqs: series.seqs.slice(0, length),
    values: series.values.slice(0, length),
    hashes: series.hashes,
  }
}

const anyProfile = kind.chain((of) =>
  fc
    .record({
      list: sightings(of, 14),
      evaluated: fc.nat({ max: 14 }),
      contributor: fc.constantFrom('sole', PUBLIC_CONTRIBUTOR, SEVERAL_CONTRIBUTORS),
      move: fc.option(
        fc.record({
          cause: fc.constantFrom('link' as const, 'merge' as const, 'unmerge' as const),
          timestampMs: fc.nat(),
          isStale: fc.boolean(),
        }),
      ),
    })
    .map(({ list, evaluated, contributor, move }) => {
      const profile = new OpenProfile()
      profile.clear(of)
      list.forEach(({ ts, seq, value, attacker }, i) => {
        const by = contributor === 'sole' ? 'att-a' : Buffer.from(attacker).toString('latin1')
        profile.series.insert(ts, by, contributor === 'sole' ? i : seq, value)
        if (i < evaluated) evaluate(profile)
      })
      if (contributor !== 'sole') profile.contributor = contributor
      else if (list.length > 0) profile.contributor = 'att-a'
      profile.move = move
      return profile
    }),
)

test('a profile survives packing and encoding, whatever it holds', () => {
  fc.assert(
    fc.property(anyProfile, (profile) => {
      const row = Profile.of(profile)
      const back = decoded(profileCodec, encoded(profileCodec, row))
      expect(back).toEqual(row)
      expect(shown(back.open(new OpenProfile()))).toEqual(shown(profile))
    }),
    { numRuns: 1000 },
  )
})

test('a packed profile tells the row field by field', () => {
  const profile = new OpenProfile()
  profile.clear('categorical')
  for (let i = 0; i < 3; i++) {
    profile.series.insert(100 + i, 'att-a', i, 'steady')
    evaluate(profile)
  }
  const { state, currentValue, confidence, observationCount, lastChangeTs, lastObservationTs } =
    Profile.of(profile)
  expect({ state, currentValue, confidence }).toEqual({
    state: 'stable',
    currentValue: 'steady',
    confidence: 1,
  })
  expect({ observationCount, lastChangeTs, lastObservationTs }).toEqual({
    observationCount: 3,
    lastChangeTs: 102,
    lastObservationTs: 102,
  })
})

test('a first state and another state are transitions, another value or confidence is none', () => {
  const profile = new OpenProfile()
  profile.clear('categorical')
  const transitions = ['a', 'a', 'a', 'a', 'a', 'b', 'a', 'b', 'a'].map((value, i) => {
    profile.series.insert(i, 'x', i, value)
    return evaluate(profile) ? `${profile.state} at ${profile.lastChangeTs}` : null
  })
  expect(transitions).toEqual([
    'unknown at 0',
    null,
    'stable at 2',
    null,
    null,
    null,
    null,
    'multi_actor at 7',
    null,
  ])
})

test('a late observation moves no time back', () => {
  const profile = new OpenProfile()
  profile.clear('categorical')
  profile.series.insert(50, 'x', 0, 'a')
  evaluate(profile)
  profile.series.insert(10, 'x', 1, 'a')
  evaluate(profile)
  expect(profile.lastObservationTs).toBe(50)
  expect(profile.observationCount).toBe(2)
})

test('the record of a transition carries the row, that of an emptied row nothing but its end', () => {
  const profile = new OpenProfile()
  profile.clear('hash')
  profile.series.insert(7.5, 'x', 0, 'h1')
  evaluate(profile)
  expect(stateChanged('id', 'motor.digraph_simhash', null, profile, 'link')).toEqual({
    identity_uuid: 'id',
    primitive: 'motor.digraph_simhash',
    old_state: null,
    new_state: 'stable',
    current_value: 'h1',
    confidence: 1,
    observation_count: 1,
    ts: 7.5,
    cause: 'link',
  })
  expect(rowEmptied('id', 'motor.digraph_simhash', profile, 'merge')).toEqual({
    identity_uuid: 'id',
    primitive: 'motor.digraph_simhash',
    old_state: 'stable',
    new_state: null,
    current_value: null,
    confidence: 0,
    observation_count: 0,
    ts: 7.5,
    cause: 'merge',
  })
})

test('bytes of an unknown layout or a damaged row are refused', () => {
  const profile = new OpenProfile()
  profile.clear('categorical')
  profile.series.insert(1, 'x', 0, 'a')
  evaluate(profile)
  const bytes = encoded(profileCodec, Profile.of(profile))
  const newer = Buffer.from(bytes)
  newer[0] = 9
  expect(() => decoded(profileCodec, newer)).toThrow(CorruptBytesError)
  const short = decoded(profileCodec, bytes.subarray(0, bytes.length - 4))
  expect(() => short.state).toThrow(CorruptBytesError)
})

function profileOf(
  of: 'categorical' | 'numeric' | 'hash',
  contributor: string,
  list: readonly [ts: number, attacker: string, seq: number, value: Value][],
): OpenProfile {
  const profile = new OpenProfile()
  profile.clear(of)
  profile.contributor = contributor
  for (const [ts, attacker, seq, value] of list) {
    profile.series.insert(ts, attacker, seq, value)
    evaluate(profile)
  }
  return profile
}

test('the layout of state is what it was: other bytes need another version', () => {
  const categorical = profileOf('categorical', 'att-a', [
    [1_714_000_000, 'att-a', 0, 'steady'],
    [1_714_000_000.25, 'att-a', 1, 'bursty'],
    [1_714_000_060.5, 'att-a', 2, 'steady'],
    [1_714_000_061, 'att-a', 3, 'ü'],
  ])
  expect(encoded(profileCodec, Profile.of(categorical)).toString('hex')).toMatchInlineSnapshot(
    `"0114a881eba5e263040480e8f192f131fa01dad603f40301056174742d61000202020317180402c3bc000100020403000000000000e03f"`,
  )

  const numeric = profileOf('numeric', SEVERAL_CONTRIBUTORS, [
    [1_714_000_000.1234567, 'att-b', 7, 1],
    [1_714_000_001.5, 'att-a', 3, 2.5],
    [1_714_000_002.5, 'att-b', 2 ** 48, -1e300],
  ])
  numeric.move = { cause: 'unmerge', timestampMs: 1_714_000_003_000, isStale: true }
  numeric.series.insert(1_714_000_000, 'att-b', 8, 4)
  expect(encoded(profileCodec, Profile.of(numeric)).toString('hex')).toMatchInlineSnapshot(
    `"01e488f7e3a5e263540400000020648ad941b7e60720648ad94100006020648ad9410000a020648ad94102056174742d62056174742d6100000100080107faffffffffff7f0406040601030000000000000440039c7500883ce437fe00010203000388f366d67bab1cfe03000000000000e03f0388f7e3a5e26303b8fff192f131"`,
  )

  const hash = profileOf('hash', PUBLIC_CONTRIBUTOR, [
    [5, 'att-a', 0, '0123456789abcdef'],
    [6, 'att-a', 1, null],
    [6.0000001, 'att-a', 2, true],
  ])
  expect(encoded(profileCodec, Profile.of(hash)).toString('hex')).toMatchInlineSnapshot(
    `"010b01a7fcb506000018406103a7fcb5060000184001056174742d6102010202041030313233343536373839616263646566904e060101a7fcb506000018400103000000000000e03f"`,
  )
})
