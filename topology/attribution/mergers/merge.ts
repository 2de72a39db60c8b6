import { mergeCategorical } from './categorical.ts'
import { mergeHash } from './hash.ts'
import type { Merged, MergedSeries } from './merged.ts'
import { mergeNumeric } from './numeric.ts'

/** The state, value and confidence of a series: a pure function of its newest observations. */
export function merge(series: MergedSeries): Merged {
  switch (series.kind) {
    case 'categorical':
      return mergeCategorical(series)
    case 'numeric':
      return mergeNumeric(series)
    case 'hash':
      return mergeHash(series)
  }
}
