/**
 * What makes an observation a dead letter although it could be decoded. `code` is stable; messages
 * are not. Values come from attackers, so a message never repeats them.
 */
export abstract class ObservationError extends Error {
  abstract readonly code: string
  override name = this.constructor.name
}

/** A value that the primitive's merger cannot take: it would raise at every later observation. */
export class InvalidValueError extends ObservationError {
  readonly code = 'INVALID_VALUE'
}

/** The sensor's clock runs ahead: the observation would pin every window of its series. */
export class FutureTimestampError extends ObservationError {
  readonly code = 'FUTURE_TIMESTAMP'
}
