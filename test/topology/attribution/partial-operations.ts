import type { ByteString } from '../../../bytes/byte-string.ts'
import type { Value } from '../../../schemas/records.ts'
import {
  packSeries,
  type SeriesPartial,
  unpackSeries,
} from '../../../topology/attribution/partial.ts'
import type { MergerKind } from '../../../topology/attribution/primitives.ts'
import { Series } from '../../../topology/attribution/series.ts'

/** The operations of series as functions of partials, each of which unpacks, works and packs. */

function opened(partial: SeriesPartial): Series {
  return unpackSeries(partial, new Series())
}

export function emptyPartial(kind: MergerKind): SeriesPartial {
  const series = new Series()
  series.clear(kind)
  return packSeries(series)
}

export function countOf(partial: SeriesPartial): number {
  return opened(partial).count
}

export function insert(
  partial: SeriesPartial,
  ts: number,
  attacker: ByteString,
  seq: number,
  value: Value,
): SeriesPartial {
  const series = opened(partial)
  series.insert(ts, attacker, seq, value)
  return packSeries(series)
}

export function unite(a: SeriesPartial, b: SeriesPartial): SeriesPartial {
  const union = new Series()
  union.setUnion(opened(a), opened(b))
  return packSeries(union)
}

export function isTouchedBy(whole: SeriesPartial, part: SeriesPartial): boolean {
  return opened(whole).isTouchedBy(opened(part))
}

/** Takes a part out that does not touch the whole: only the count falls. */
export function without(whole: SeriesPartial, part: SeriesPartial): SeriesPartial {
  const series = opened(whole)
  series.count -= countOf(part)
  return packSeries(series)
}
