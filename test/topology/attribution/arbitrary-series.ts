import fc from 'fast-check'
import { packSeries, type SeriesPartial } from '../../../topology/attribution/partial.ts'
import { Series } from '../../../topology/attribution/series.ts'
import type { MergerKind } from '../../../topology/attribution/primitives.ts'
import { seriesValue } from '../../../topology/attribution/value.ts'
import { StructuredValue } from '../../../schemas/structured-value.ts'
import { emptyPartial, insert } from './partial-operations.ts'
import type { Sighting } from './series-oracle.ts'

/** Values with many ties, and forms that are equal without being the same. */
export const categoricalValue = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('steady', 'bursty', 'ü-other') },
  { weight: 2, arbitrary: fc.constantFrom(true, 1, false, 0, null, '1', '') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('[1,"a"]', '{"k":1}').map((json) => new StructuredValue(json)),
  },
)

const numericValue = fc.oneof(
  fc.constantFrom(10, 10, 13, 0, -4.5, null, true, ' 1e1 '),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => x + 0),
)

const hashValue = fc.constantFrom('a1', 'a2', 'b1', 'b2', 'x'.repeat(80), true, 1, null, '')

const values = { categorical: categoricalValue, numeric: numericValue, hash: hashValue }

/** Few distinct times, some around the edge of a day, so that ties and edges are frequent. */
export const time = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((step) => 1_714_000_000 + step * 21_600),
  fc.integer({ min: 0, max: 40 }).map((step) => 1_714_000_000 + step * 0.25),
  fc.constantFrom(1_714_086_400, 1_714_086_400.0000002, 1_714_000_000.1234567, -5_000, 0),
)

export const kind = fc.constantFrom<MergerKind>('categorical', 'numeric', 'hash')

/** Observations of one series, in order of arrival, each attacker's seq counting up. */
export function sightings(kindOf: MergerKind, maxLength = 40): fc.Arbitrary<Sighting[]> {
  const one = fc.record({
    ts: time,
    attacker: fc.constantFrom('att-a', 'att-b', 'att-ç'),
    value: values[kindOf],
  })
  return fc.array(one, { maxLength }).map((list) => {
    const counts = new Map<string, number>()
    return list.map(({ ts, attacker, value }) => {
      const seq = counts.get(attacker) ?? 0
      counts.set(attacker, seq + 1)
      return { ts, attacker, seq, value: seriesValue(kindOf, value) }
    })
  })
}

export function partialOf(kindOf: MergerKind, list: readonly Sighting[]): SeriesPartial {
  return list.reduce(
    (partial, { ts, attacker, seq, value }) =>
      insert(partial, ts, Buffer.from(attacker).toString('latin1'), seq, value),
    emptyPartial(kindOf),
  )
}

/** The same, packed once instead of after each observation: for long series. */
export function longPartialOf(kindOf: MergerKind, list: readonly Sighting[]): SeriesPartial {
  const series = new Series()
  series.clear(kindOf)
  for (const { ts, attacker, seq, value } of list) series.insert(ts, attacker, seq, value)
  return packSeries(series)
}
