import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isHashTruncated } from '../../../topology/attribution/mergers/hash.ts'
import { merge } from '../../../topology/attribution/mergers/merge.ts'
import {
  partialCodec,
  type SeriesPartial,
  unpackSeries,
} from '../../../topology/attribution/partial.ts'
import type { MergerKind } from '../../../topology/attribution/primitives.ts'
import { Series } from '../../../topology/attribution/series.ts'
import { decoded, encoded } from './codec-round-trip.ts'
import { kind, longPartialOf, partialOf, sightings } from './arbitrary-series.ts'
import { countOf, emptyPartial, insert, isTouchedBy, unite, without } from './partial-operations.ts'
import { inOrder, judge, type Sighting } from './series-oracle.ts'

const anySeries = (maxLength?: number) =>
  kind.chain((of) => fc.tuple(fc.constant(of), sightings(of, maxLength)))

/** The same observations split at random into three series. */
const splitSeries = anySeries(45).chain(([of, list]) =>
  fc.tuple(
    fc.constant(of),
    fc.constant(list),
    fc.array(fc.nat({ max: 2 }), { minLength: list.length, maxLength: list.length }),
  ),
)

function verdictOf(partial: SeriesPartial) {
  return merge(unpackSeries(partial, new Series()))
}

function part(list: Sighting[], owners: number[], owner: number): Sighting[] {
  return list.filter((_, i) => owners[i] === owner)
}

test('the mergers over a partial say what the domain says over the whole series', () => {
  fc.assert(
    fc.property(anySeries(), ([of, list]) => {
      const partial = partialOf(of, list)
      expect(verdictOf(partial)).toEqual(judge(of, list))
      expect(countOf(partial)).toBe(list.length)
      const newest = inOrder(list).at(-1)?.ts ?? 0
      expect(unpackSeries(partial, new Series()).newestTs).toBe(newest)
    }),
    { numRuns: 3000 },
  )
})

test('a partial does not depend on the order of arrival', () => {
  fc.assert(
    fc.property(
      anySeries().chain(([of, list]) =>
        fc.tuple(
          fc.constant(of),
          fc.constant(list),
          fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
        ),
      ),
      ([of, list, shuffled]) => {
        expect(partialOf(of, shuffled)).toBe(partialOf(of, list))
      },
    ),
    { numRuns: 1000 },
  )
})

test('union is commutative, associative, and the partial of all observations', () => {
  fc.assert(
    fc.property(splitSeries, ([of, list, owners]) => {
      const [a, b, c] = [0, 1, 2].map((owner) => partialOf(of, part(list, owners, owner))) as [
        SeriesPartial,
        SeriesPartial,
        SeriesPartial,
      ]
      const whole = partialOf(of, list)
      expect(unite(a, b)).toBe(unite(b, a))
      expect(unite(unite(a, b), c)).toBe(whole)
      expect(unite(a, unite(b, c))).toBe(whole)
      expect(unite(whole, emptyPartial(of))).toBe(whole)
    }),
    { numRuns: 2000 },
  )
})

test('taking out a part that does not touch changes the count alone', () => {
  let untouched = 0
  fc.assert(
    fc.property(splitSeries, ([of, list, owners]) => {
      const whole = partialOf(of, list)
      const taken = partialOf(of, part(list, owners, 0))
      if (isTouchedBy(whole, taken)) return
      untouched++
      const rest = list.filter((_, i) => owners[i] !== 0)
      expect(without(whole, taken)).toBe(partialOf(of, rest))
    }),
    { numRuns: 3000 },
  )
  expect(untouched).toBeGreaterThan(50)
})

test('a part among the newest, or that holds a hash’s last time, touches', () => {
  const of = (kindOf: MergerKind, ...list: [ts: number, attacker: string, value: string][]) =>
    partialOf(
      kindOf,
      list.map(([ts, attacker, value], seq) => ({ ts, attacker, seq, value })),
    )
  const whole = of('hash', [0, 'x', 'h1'], [1, 'y', 'h1'], [2, 'x', 'h2'], [3, 'y', 'h3'])
  expect(isTouchedBy(whole, of('hash', [2, 'x', 'h2']))).toBe(true)
  expect(isTouchedBy(whole, of('hash', [0, 'x', 'h1']))).toBe(false)
  expect(isTouchedBy(whole, of('hash', [3, 'y', 'h3']))).toBe(true)
  expect(isTouchedBy(whole, emptyPartial('hash'))).toBe(false)
})

test('a partial survives encoding, and the reader stops where it ends', () => {
  fc.assert(
    fc.property(anySeries(), ([of, list]) => {
      const partial = partialOf(of, list)
      expect(decoded(partialCodec, encoded(partialCodec, partial))).toBe(partial)
    }),
  )
})

function hashes(count: number, attacker: string, from = 0): Sighting[] {
  return Array.from({ length: count }, (_, i) => ({
    ts: 1_714_000_000 + (from + i) * 0.5,
    attacker,
    seq: i,
    value: `${attacker}${from + i}`,
  }))
}

test('a hash series counts 1,024 distinct values and says when there are more', () => {
  const atCap = longPartialOf('hash', hashes(1_024, 'a'))
  const open = unpackSeries(atCap, new Series())
  expect(isHashTruncated(open)).toBe(false)
  expect(merge(open).confidence).toBe(1 / 1_024)

  const beyond = insert(atCap, 1_714_000_600, 'a', 1_024, 'one more')
  expect(isHashTruncated(unpackSeries(beyond, open))).toBe(true)
  expect(merge(open).confidence).toBe(1 / 1_024)

  // A day later those of before have left the window.
  const later = insert(beyond, 1_714_000_600 + 86_400, 'a', 1_025, 'next day')
  expect(isHashTruncated(unpackSeries(later, open))).toBe(false)
  expect(merge(open)).toEqual({ state: 'drifting', currentValue: 'next day', confidence: 1 / 2 })
})

test('union is exact beyond the cap, in any grouping', () => {
  const [a, b, c] = [hashes(1_100, 'a'), hashes(700, 'b', 200), hashes(1_500, 'c', 900)]
  const shared = a.map((sighting) => ({ ...sighting, attacker: 'd', ts: sighting.ts + 400 }))
  const parts = [a, b, c, shared].map((list) => longPartialOf('hash', list)) as [
    SeriesPartial,
    SeriesPartial,
    SeriesPartial,
    SeriesPartial,
  ]
  const [pa, pb, pc, pd] = parts
  const whole = longPartialOf('hash', [...shared, ...b, ...a, ...c])
  expect(unite(unite(pa, pb), unite(pc, pd))).toBe(whole)
  expect(unite(pd, unite(pc, unite(pb, pa)))).toBe(whole)
  expect(unite(unite(pa, pd), unite(pb, pc))).toBe(whole)
})
