import type { ByteString } from '../../bytes/byte-string.ts'
import type { Value } from '../../schemas/records.ts'
import type { KeyValueStore } from '../store.ts'
import { type Contributor, SEVERAL_CONTRIBUTORS } from './contributor.ts'
import type { OpenProfile } from './open-profile.ts'
import { packSeries, type SeriesPartial, unpackSeries } from './partial.ts'
import { Series } from './series.ts'
import { groupKey, pairKey } from './store-keys.ts'

/**
 * Who contributed what to a profile, and the profile's series as their union.
 *
 * C1. A profile of one contributor has no rows here: its series is the contribution. With several,
 *     each contribution is a row, and the series is their union, unless it is stale.
 * C2. Contributions are of disjoint series: an observation is one attacker's.
 * C3. `series.count` is right even when stale: a part's count comes off with the part. So a profile
 *     is empty exactly when it says 0.
 */
export class Contributions {
  readonly #store: KeyValueStore<SeriesPartial>
  readonly #own = new Series()
  readonly #part = new Series()
  readonly #union = new Series()

  constructor(store: KeyValueStore<SeriesPartial>) {
    this.#store = store
  }

  /** Length of a contributor's series; of a contributor that is not there, 0. */
  countOf(profileKey: ByteString, profile: OpenProfile, contributor: Contributor): number {
    // A new profile has nothing to read: the first observation of an identity must not miss.
    if (profile.series.count === 0) return 0
    if (profile.contributor === contributor) return profile.series.count
    if (profile.contributor !== SEVERAL_CONTRIBUTORS) return 0
    const partial = this.#store.get(pairKey(profileKey, contributor))
    return partial === undefined ? 0 : unpackSeries(partial, this.#part).count
  }

  /** Adds one observation of a contributor. */
  insert(
    profileKey: ByteString,
    profile: OpenProfile,
    contributor: Contributor,
    ts: number,
    attacker: ByteString,
    seq: number,
    value: Value,
  ): void {
    const { series } = profile
    if (profile.contributor !== contributor) {
      if (series.count === 0) profile.contributor = contributor
      else {
        this.#divide(profileKey, profile)
        const key = pairKey(profileKey, contributor)
        const partial = this.#store.get(key)
        if (partial === undefined) this.#part.clear(series.kind)
        else unpackSeries(partial, this.#part)
        this.#part.insert(ts, attacker, seq, value)
        this.#store.put(key, packSeries(this.#part))
      }
    }
    series.insert(ts, attacker, seq, value)
  }

  /**
   * Puts a contributor's whole series in the place of what it contributed so far.
   * @returns whether the profile's series is stale now
   */
  set(
    profileKey: ByteString,
    profile: OpenProfile,
    contributor: Contributor,
    partial: SeriesPartial,
    isStale: boolean,
  ): boolean {
    const { series } = profile
    if (profile.contributor === contributor || series.count === 0) {
      profile.contributor = contributor
      unpackSeries(partial, series)
      return false
    }
    this.#divide(profileKey, profile)
    const key = pairKey(profileKey, contributor)
    const isStaleNow = this.#takeOut(key, series) || isStale
    this.#store.put(key, partial)
    unpackSeries(partial, this.#part)
    if (isStaleNow) series.count += this.#part.count
    else this.#unite(series)
    return isStaleNow
  }

  /**
   * Takes a contributor out.
   * @returns whether the profile's series is stale now
   */
  remove(
    profileKey: ByteString,
    profile: OpenProfile,
    contributor: Contributor,
    isStale: boolean,
  ): boolean {
    const { series } = profile
    if (profile.contributor === contributor) {
      profile.contributor = SEVERAL_CONTRIBUTORS
      series.clear(series.kind)
      return false
    }
    if (profile.contributor !== SEVERAL_CONTRIBUTORS) return isStale
    const key = pairKey(profileKey, contributor)
    const isStaleNow = this.#takeOut(key, series) || isStale
    this.#store.delete(key)
    if (series.count > 0) return isStaleNow
    series.clear(series.kind)
    return false
  }

  /** Makes the series anew from what is contributed; one contributor alone becomes the profile's. */
  recompute(profileKey: ByteString, profile: OpenProfile): void {
    const { series } = profile
    const rows = this.#store.group(groupKey(profileKey))
    series.clear(series.kind)
    for (const [, partial] of rows) {
      unpackSeries(partial, this.#part)
      this.#unite(series)
    }
    if (rows.length !== 1) return
    const [key] = rows[0]!
    this.#store.delete(key)
    profile.contributor = key.slice(profileKey.length + 1)
  }

  /** From one contributor to several: its contribution becomes a row. */
  #divide(profileKey: ByteString, profile: OpenProfile): void {
    if (profile.contributor === SEVERAL_CONTRIBUTORS) return
    this.#store.put(pairKey(profileKey, profile.contributor), packSeries(profile.series))
    profile.contributor = SEVERAL_CONTRIBUTORS
  }

  /** Takes the contribution under `key` off the count; @returns true: it touches more than that */
  #takeOut(key: ByteString, series: Series): boolean {
    const partial = this.#store.get(key)
    if (partial === undefined) return false
    const part = unpackSeries(partial, this.#part)
    const isTouched = series.isTouchedBy(part)
    series.count -= part.count
    return isTouched
  }

  /** The series becomes its union with the part that was read last. */
  #unite(series: Series): void {
    this.#own.copy(series)
    this.#union.setUnion(this.#own, this.#part)
    series.copy(this.#union)
  }
}
