import type { ByteString } from '../../bytes/byte-string.ts'
import { removeFromWindow, uniteWindows } from './hash-window.ts'
import type { ObservationRow } from './observation-row.ts'
import { packSeries, type SeriesPartial, unpackSeries } from './partial.ts'
import { Series } from './series.ts'
import { hashToken, seriesValue } from './value.ts'

const known = new Series()
const rebuilt = new Series()

/**
 * The partial of one attacker's series after an observation was overwritten in place.
 *
 * A partial cannot undo: an observation that fell out of the newest ten may come in again. So where
 * the old one is among what the partial holds, the partial is made anew from the stored rows; where
 * it is not, taking it out changes nothing but the count, and the new one is inserted.
 *
 * Rows may have expired (OBSERVATION_RETENTION_MS). Then the count stays, and of what the partial
 * holds, observations without a row are taken over, as are the times of a hash window. What had
 * left the partial before its row expired cannot come in again.
 *
 * @param rows all stored rows of the series, read only where they are needed; among them the one
 *   overwritten, in its old or its new form
 */
export function overwritten(
  partial: SeriesPartial,
  attacker: ByteString,
  old: ObservationRow,
  now: ObservationRow,
  rows: () => Iterable<ObservationRow>,
): SeriesPartial {
  unpackSeries(partial, known)
  const { count, kind } = known
  const oldToken = old.value === null || kind !== 'hash' ? null : hashToken(old.value)
  const hashes = known.hashes === null ? null : removeFromWindow(known.hashes, oldToken, old.ts)
  const value = seriesValue(kind, now.value)
  if (!holds(known, old.seq) && hashes === known.hashes) {
    known.insert(now.ts, attacker, now.seq, value)
    known.count = count
    return packSeries(known)
  }

  rebuilt.clear(kind)
  rebuilt.insert(now.ts, attacker, now.seq, value)
  const isAllHeld = known.length === count
  const kept = new Set([old.seq])
  if (!isAllHeld) {
    for (const row of rows()) {
      if (row.seq === old.seq) continue
      rebuilt.insert(row.ts, attacker, row.seq, seriesValue(kind, row.value))
      kept.add(row.seq)
    }
  }
  for (let i = 0; i < known.length; i++) {
    if (kept.has(known.seqs[i]!)) continue
    rebuilt.insert(known.ts[i]!, attacker, known.seqs[i]!, known.values[i]!)
  }
  if (hashes !== null && rebuilt.hashes !== null) {
    rebuilt.hashes = uniteWindows(rebuilt.hashes, hashes, rebuilt.newestTs)
  }
  rebuilt.count = count
  return packSeries(rebuilt)
}

function holds(series: Series, seq: number): boolean {
  for (let i = 0; i < series.length; i++) if (series.seqs[i] === seq) return true
  return false
}
