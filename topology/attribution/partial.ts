import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import type { Value } from '../../schemas/records.ts'
import { readRawByteString, writeRawByteString } from './codecs/byte-string-codec.ts'
import { readSeries, writeSeries } from './codecs/series-codec.ts'
import { checkVersion } from './codecs/version.ts'
import { finishPacked, openPacked, startPacked } from './packed-bytes.ts'
import type { MergerKind } from './primitives.ts'
import { Series } from './series.ts'

/**
 * The mergeable partial of a series: what is known of it, packed (layout: codecs/series-codec.ts).
 *
 * A partial is a value: each function makes a new one, and equal series have equal partials. Hence
 * the property on which moves and late records rest: however the observations of a series are split
 * and united, the partial comes out the same (series.ts, S2).
 */
export type SeriesPartial = ByteString

const left = new Series()
const right = new Series()
const result = new Series()

export function packSeries(series: Series): SeriesPartial {
  writeSeries(startPacked(), series)
  return finishPacked()
}

export function unpackSeries(partial: SeriesPartial, into: Series): Series {
  readSeries(openPacked(partial), into)
  return into
}

export function emptyPartial(kind: MergerKind): SeriesPartial {
  result.clear(kind)
  return packSeries(result)
}

/** Length of the whole series. */
export function countOf(partial: SeriesPartial): number {
  return unpackSeries(partial, result).count
}

/** The partial with one observation more, wherever in the order it belongs. */
export function insert(
  partial: SeriesPartial,
  ts: number,
  attacker: ByteString,
  seq: number,
  value: Value,
): SeriesPartial {
  unpackSeries(partial, result).insert(ts, attacker, seq, value)
  return packSeries(result)
}

/** The partial of two disjoint series of one kind together. */
export function unite(a: SeriesPartial, b: SeriesPartial): SeriesPartial {
  result.setUnion(unpackSeries(a, left), unpackSeries(b, right))
  return packSeries(result)
}

/** See {@link Series.isTouchedBy}. */
export function isTouchedBy(whole: SeriesPartial, part: SeriesPartial): boolean {
  return unpackSeries(whole, left).isTouchedBy(unpackSeries(part, right))
}

/** Takes a part out that does not touch the whole: only the count falls. */
export function without(whole: SeriesPartial, part: SeriesPartial): SeriesPartial {
  const count = countOf(part)
  unpackSeries(whole, result).count -= count
  return packSeries(result)
}

const VERSION = 1

/** As a row of a store: a version byte, then the partial to the end. */
export const partialCodec: Codec<SeriesPartial> = {
  encode(partial, into) {
    into.u8(VERSION)
    writeRawByteString(into, partial)
  },
  decode(from) {
    checkVersion(from, 'partial', VERSION)
    return readRawByteString(from, from.remaining)
  },
}
