import type { Cause, State, Value } from '../../schemas/records.ts'
import { type Contributor, SEVERAL_CONTRIBUTORS } from './contributor.ts'
import type { MergerKind } from './primitives.ts'
import { Series } from './series.ts'

/** A link change that this batch has brought and not yet evaluated. */
export interface PendingMove {
  readonly cause: Cause
  /** Of the record that brought it, milliseconds. */
  readonly timestampMs: number
  /** The series must be made anew from the contributions before it is used. */
  readonly isStale: boolean
}

/**
 * A profile to work on: the row people see of one (identity, primitive), as of its last evaluation,
 * and the series that the next evaluation starts from. State keeps it packed (profile.ts).
 *
 * R1. Streaming policy: outside a batch the row is what the mergers say of the series.
 * R2. `state` null: not evaluated yet, no row to see. Between batches only in the reference policy.
 */
export class OpenProfile {
  state: State | null = null
  currentValue: Value = null
  confidence = 0
  /** Length of the series when last evaluated. */
  observationCount = 0
  /** Epoch seconds: `lastObservationTs` of the evaluation that changed the state. */
  lastChangeTs = 0
  lastObservationTs = 0
  contributor: Contributor = SEVERAL_CONTRIBUTORS
  /** Set from a move until the batch ends, else null. */
  move: PendingMove | null = null
  readonly series = new Series()

  /** A profile of which nothing is known yet. */
  clear(kind: MergerKind): void {
    this.state = null
    this.currentValue = null
    this.confidence = 0
    this.observationCount = 0
    this.lastChangeTs = 0
    this.lastObservationTs = 0
    this.contributor = SEVERAL_CONTRIBUTORS
    this.move = null
    this.series.clear(kind)
  }
}
