import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { readRawByteString, writeRawByteString } from './codecs/byte-string-codec.ts'
import { readSeries, writeSeries } from './codecs/series-codec.ts'
import { checkVersion } from './codecs/version.ts'
import { finishPacked, openPacked, startPacked } from './packed-bytes.ts'
import type { Series } from './series.ts'

/**
 * The mergeable partial of a series: what is known of it, packed (layout: codecs/series-codec.ts).
 *
 * A partial is a value, and equal series have equal partials. Hence the property on which moves and
 * late records rest: however the observations of a series are split and united, the partial comes
 * out the same (series.ts, S2).
 */
export type SeriesPartial = ByteString

export function packSeries(series: Series): SeriesPartial {
  writeSeries(startPacked(), series)
  return finishPacked()
}

export function unpackSeries(partial: SeriesPartial, into: Series): Series {
  readSeries(openPacked(partial), into)
  return into
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
