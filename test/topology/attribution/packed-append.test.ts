import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Value } from '../../../schemas/records.ts'
import { append } from '../../../topology/attribution/codecs/packed-append.ts'
import {
  PUBLIC_CONTRIBUTOR,
  PUBLIC_SEQ_START,
  SEVERAL_CONTRIBUTORS,
} from '../../../topology/attribution/contributor.ts'
import { OpenProfile } from '../../../topology/attribution/open-profile.ts'
import { Profile } from '../../../topology/attribution/profile.ts'
import { evaluate } from '../../../topology/attribution/transition.ts'

/** Mostly what the short way takes; sometimes one thing that it must refuse. */
const value = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom<Value>('steady', 'bursty', 'machine', 'low', 'high') },
  { weight: 1, arbitrary: fc.constantFrom<Value>('no word', 'ü', true, 1, null) },
)
const gap = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(0, 0.001, 0.25, 60, 4_000, 300_000, 1e7) },
  { weight: 1, arbitrary: fc.constantFrom(-5, 0.0001) },
)
const who = fc.oneof(
  { weight: 40, arbitrary: fc.constant('att-a') },
  { weight: 1, arbitrary: fc.constantFrom('att-b', 'ätt', 'x'.repeat(200)) },
)
const observations = fc.array(fc.record({ value, gap, who }), { maxLength: 40, size: 'max' })

function shownRow(profile: OpenProfile) {
  const { confidence, currentValue, lastObservationTs, observationCount, state } = profile
  return { confidence, currentValue, lastObservationTs, observationCount, state }
}

test('the short way ends in the bytes of the long way, or is refused', () => {
  let taken = 0
  let seen = 0
  fc.assert(
    fc.property(
      observations,
      fc.constantFrom(1_714_000_000, 0, 1_714_000_000.1234567),
      fc.constantFrom(PUBLIC_CONTRIBUTOR, 'att-a', SEVERAL_CONTRIBUTORS),
      (list, start, contributor) => {
        const long = new OpenProfile()
        const short = new OpenProfile()
        long.clear('categorical')
        long.contributor = contributor
        let ts: number = start
        for (const [i, each] of list.entries()) {
          ts = Math.max(0, ts + each.gap)
          const attacker =
            contributor === 'att-a' ? 'att-a' : Buffer.from(each.who).toString('latin1')
          const isPublic = contributor === PUBLIC_CONTRIBUTOR
          const seq = isPublic ? PUBLIC_SEQ_START + long.series.count : i
          const packed =
            i === 0
              ? null
              : append(
                  Profile.of(long).packed,
                  contributor === SEVERAL_CONTRIBUTORS ? attacker : contributor,
                  attacker,
                  ts,
                  isPublic ? null : seq,
                  each.value,
                  short,
                )
          long.series.insert(ts, attacker, seq, each.value)
          evaluate(long)
          seen++
          if (packed === null) continue
          taken++
          expect(contributor).not.toBe(SEVERAL_CONTRIBUTORS)
          expect(packed).toBe(Profile.of(long).packed)
          expect(shownRow(short)).toEqual(shownRow(long))
        }
      },
    ),
    { numRuns: 1500 },
  )
  // A tenth or so of them, but of random lists it may be less.
  expect(taken / seen).toBeGreaterThan(0.03)
})

test('a profile that is marked, or whose row is not its series’, is refused', () => {
  const profile = new OpenProfile()
  profile.clear('categorical')
  profile.contributor = 'att-a'
  profile.series.insert(5, 'att-a', 0, 'steady')
  evaluate(profile)
  const short = new OpenProfile()
  const tried = (open: OpenProfile) =>
    append(Profile.of(open).packed, 'att-a', 'att-a', 6, 1, 'steady', short)
  expect(tried(profile)).not.toBeNull()
  profile.move = { cause: 'link', timestampMs: 1, isStale: false }
  expect(tried(profile)).toBeNull()
  profile.move = null
  profile.observationCount = 7
  expect(tried(profile)).toBeNull()
})

test('other kinds of series are refused', () => {
  const short = new OpenProfile()
  for (const kind of ['numeric', 'hash'] as const) {
    const profile = new OpenProfile()
    profile.clear(kind)
    profile.contributor = 'att-a'
    profile.series.insert(5, 'att-a', 0, kind === 'numeric' ? 3 : 'steady')
    evaluate(profile)
    expect(append(Profile.of(profile).packed, 'att-a', 'att-a', 6, 1, 'steady', short)).toBeNull()
  }
})
