/** Errors of state, classed by who must act. `code` is stable; messages are not. */
export abstract class StateError extends Error {
  abstract readonly code: string
  override name = this.constructor.name
}

/** Another process or task holds the directory. */
export class StateLockedError extends StateError {
  readonly code = 'STATE_LOCKED'
}

/** The directory was written by a newer version, or by something else. */
export class StateFormatError extends StateError {
  readonly code = 'STATE_FORMAT'
}

/** The database is damaged or its position does not fit its changelog: wipe and restore. */
export class StateCorruptedError extends StateError {
  readonly code = 'STATE_CORRUPTED'
}

/** The disk refused a write: nothing was committed beyond what it holds. */
export class StateWriteError extends StateError {
  readonly code = 'STATE_WRITE'
}

/** The disk refused a read (no descriptors left, no permission, a failing device): not damage. */
export class StateReadError extends StateError {
  readonly code = 'STATE_READ'
}

/** The database was closed, or its process crashed in a simulation, before the call was done. */
export class StateClosedError extends StateError {
  readonly code = 'STATE_CLOSED'
}

/** Nobody that has the task of the key answers now: HTTP 503, ask again. */
export class StoreNotReadyError extends StateError {
  readonly code: string = 'STORE_NOT_READY'
  /** When asking again may help. */
  readonly retryAfterMs: number

  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs ?? 1000
  }
}

/** Who answers is behind a bound that was asked for: HTTP 503, ask again. */
export class BehindBoundError extends StoreNotReadyError {
  override readonly code = 'BEHIND_BOUND'
}

/** A bound names a position that the store does not follow from: HTTP 400. */
export class InvalidBoundError extends StateError {
  readonly code = 'INVALID_BOUND'
}

/** The instance that was asked does not have the task (any more): ask another. */
export class TaskNotHereError extends StoreNotReadyError {
  override readonly code = 'TASK_NOT_HERE'
}

/** Another instance did not answer, or not with an answer: ask another, or later. */
export class PeerUnavailableError extends StateError {
  readonly code = 'PEER_UNAVAILABLE'
}

export class UnknownStoreError extends StateError {
  readonly code = 'UNKNOWN_STORE'
}
