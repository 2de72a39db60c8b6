import type { State, Value } from '../../../schemas/records.ts'
import type { Series } from '../series.ts'

/** What the mergers read of a series. */
export type MergedSeries = Readonly<Pick<Series, 'kind' | 'count' | 'length' | 'hashes'>> & {
  readonly values: readonly Value[]
}

/** What a merger says of a series. */
export interface Merged {
  readonly state: State
  readonly currentValue: Value
  /** 0 to 1. */
  readonly confidence: number
}

/** Observations of the newer and of the older window. */
export const WINDOW_LENGTH = 5

/** Below it a categorical or numeric series is `unknown`. */
export const OBSERVATIONS_MIN = 3
