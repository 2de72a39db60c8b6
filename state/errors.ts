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

/** The task that owns the key is not running here: HTTP 503, ask again. */
export class StoreNotReadyError extends StateError {
  readonly code = 'STORE_NOT_READY'
}

export class UnknownStoreError extends StateError {
  readonly code = 'UNKNOWN_STORE'
}
