/**
 * Where the product and the system it re-implements differ in behaviour.
 *
 * The product runs {@link STREAMING_POLICY}. {@link REFERENCE_POLICY} exists for the reference
 * vectors: it does what a set of tables and a bus did, event by event.
 */
export interface AttributionPolicy {
  /** An unknown attacker is registered at its first observation; else its events are deferred. */
  readonly registersUnknownAttackers: boolean
  /** Links lead to the end of the merge chain; else they are taken literally. */
  readonly followsMerges: boolean
  /** A move evaluates both identities, once a batch; else they wait for their next event. */
  readonly evaluatesMoves: boolean
  /** A repeated observation that changes nothing evaluates again. */
  readonly repeatsAreEvents: boolean
  /** Alerts at each transition within a window; else at each tick, from volatile memory. */
  readonly joinsTransitions: boolean
}

export const STREAMING_POLICY: AttributionPolicy = {
  registersUnknownAttackers: true,
  followsMerges: true,
  evaluatesMoves: true,
  repeatsAreEvents: false,
  joinsTransitions: true,
}

export const REFERENCE_POLICY: AttributionPolicy = {
  registersUnknownAttackers: false,
  followsMerges: false,
  evaluatesMoves: false,
  repeatsAreEvents: true,
  joinsTransitions: false,
}
