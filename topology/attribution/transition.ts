import type { Cause, State, StateChanged } from '../../schemas/records.ts'
import { merge } from './mergers/merge.ts'
import type { OpenProfile } from './open-profile.ts'

/**
 * Makes the row what the mergers say of the series, which is not empty.
 *
 * A transition is a state that differs from the one before, or a first one; then `lastChangeTs` is
 * the newest observation's time, else it stays. A new value or confidence in the same state is no
 * transition.
 *
 * @returns true for a transition
 */
export function evaluate(profile: OpenProfile): boolean {
  const { series } = profile
  const { state, currentValue, confidence } = merge(series)
  const isTransition = state !== profile.state
  profile.state = state
  profile.currentValue = currentValue
  profile.confidence = confidence
  profile.observationCount = series.count
  profile.lastObservationTs = series.newestTs
  if (isTransition) profile.lastChangeTs = profile.lastObservationTs
  return isTransition
}

/** The record of a transition to the profile's present row. */
export function stateChanged(
  identity: string,
  primitive: string,
  oldState: State | null,
  profile: OpenProfile,
  cause: Cause,
): StateChanged {
  return {
    identity_uuid: identity,
    primitive,
    old_state: oldState,
    new_state: profile.state,
    current_value: profile.currentValue,
    confidence: profile.confidence,
    observation_count: profile.observationCount,
    ts: profile.lastObservationTs,
    cause,
  }
}

/** The record of a row that goes: its last observations have moved elsewhere. */
export function rowEmptied(
  identity: string,
  primitive: string,
  profile: OpenProfile,
  cause: Cause,
): StateChanged {
  return {
    identity_uuid: identity,
    primitive,
    old_state: profile.state,
    new_state: null,
    current_value: null,
    confidence: 0,
    observation_count: 0,
    ts: profile.lastObservationTs,
    cause,
  }
}
