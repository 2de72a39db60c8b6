import { fromByteString } from '../../bytes/byte-string.ts'
import { valueToJson } from '../../schemas/observed-value.ts'
import { HASH_VALUES_MAX } from './hash-window.ts'
import { isHashTruncated } from './mergers/hash.ts'
import { type SeriesPartial, unpackSeries } from './partial.ts'
import { Series } from './series.ts'

const scratch = new Series()

/** What is known of a series, for people. */
export function partialToJson(partial: SeriesPartial): object {
  return seriesToJson(unpackSeries(partial, scratch))
}

export function seriesToJson(series: Series): object {
  const { count, hashes, kind, length } = series
  const newest = []
  for (let i = 0; i < length; i++) {
    newest.push({
      ts: series.ts[i]!,
      attacker_uuid: fromByteString(series.attackers[i]!),
      seq: series.seqs[i]!,
      value: valueToJson(series.values[i]!),
    })
  }
  if (hashes === null) return { merger: kind, count, newest }
  const distinct = Math.min(hashes.tokens.length, HASH_VALUES_MAX)
  return { merger: kind, count, newest, distinct, truncated: isHashTruncated(series) }
}
