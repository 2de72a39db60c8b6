import type { Cause, State, StateChanged } from '../../schemas/records.ts'
import { toJson } from '../../schemas/to-json.ts'

/** A published change of state, as much of it as a replay must reproduce. */
export interface Transition {
  readonly identity: string
  readonly primitive: string
  readonly oldState: State | null
  readonly newState: State | null
  /** The value as canonical JSON. */
  readonly value: string
  readonly cause: Cause
  /** Of the input record that brought it about: the same live and replayed. */
  readonly timestampMs: number
}

export function transitionOf(change: StateChanged, timestampMs: number): Transition {
  return {
    identity: change.identity_uuid,
    primitive: change.primitive,
    oldState: change.old_state,
    newState: change.new_state,
    value: JSON.stringify(toJson('state-changed', change)['current_value']),
    cause: change.cause,
    timestampMs,
  }
}

/** What both sides must have in common; the cause is how it came about, the rest is what it is. */
export function isSameTransition(a: Transition, b: Transition): boolean {
  return a.oldState === b.oldState && a.newState === b.newState && a.value === b.value
}

/**
 * What follows the last beginning of a sequence.
 *
 * After a reset the live application publishes from the beginning again, behind what it had
 * published: a change from nothing upon a state that was never left.
 */
export function sinceLastBeginning(live: readonly Transition[]): readonly Transition[] {
  for (let i = live.length - 1; i > 0; i--) {
    if (live[i]!.oldState === null && live[i - 1]!.newState !== null) return live.slice(i)
  }
  return live
}
