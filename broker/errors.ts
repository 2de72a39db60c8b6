/**
 * Errors of the broker port, classed by who must act.
 *
 * `code` is stable; messages are not.
 */
export abstract class BrokerError extends Error {
  abstract readonly code: string
  override name = this.constructor.name
}

/** Another holder of the transactional id or group membership took over: close dirty, rejoin. */
export class FencedError extends BrokerError {
  readonly code = 'FENCED'
}

/** The transaction cannot commit, but the producer lives: abort, then go on. */
export class AbortableError extends BrokerError {
  readonly code = 'TRANSACTION_ABORTABLE'
}

/**
 * Offsets were sent with a generation that is over. The transaction lives: the same member sends
 * them again with the generation that follows (see Group.nextGeneration).
 */
export class StaleGenerationError extends BrokerError {
  readonly code = 'GENERATION_STALE'
}

/** Passing: back off and call again. */
export class RetriableError extends BrokerError {
  readonly code = 'BROKER_RETRIABLE'
}

/** No answer to a commit: it may or may not have happened. `init`, then read the offsets. */
export class UnknownOutcomeError extends BrokerError {
  readonly code = 'COMMIT_OUTCOME_UNKNOWN'
}

/** Nothing that the program can do mends it: wrong credentials, a full disk, a corrupt log. */
export class FatalBrokerError extends BrokerError {
  readonly code: string = 'BROKER_FATAL'
}

export class TopicExistsError extends BrokerError {
  readonly code = 'TOPIC_EXISTS'
}

export class UnknownTopicError extends BrokerError {
  readonly code = 'UNKNOWN_TOPIC_OR_PARTITION'
}

export class GroupNotEmptyError extends BrokerError {
  readonly code = 'GROUP_NOT_EMPTY'
}

/** A batch is larger than the topic's `maxMessageBytes`. */
export class RecordTooLargeError extends BrokerError {
  readonly code = 'RECORD_TOO_LARGE'
}

/** A topic name, partition count or setting that Kafka would refuse. */
export class InvalidTopicError extends BrokerError {
  readonly code = 'INVALID_TOPIC'
}

/** Bytes of the log are damaged; what lies before `offset` is sound. */
export class CorruptBatchError extends FatalBrokerError {
  override readonly code = 'CORRUPT_BATCH'
  readonly offset: number

  constructor(offset: number, what: string) {
    super(`corrupt record batch at offset ${offset}: ${what}`)
    this.offset = offset
  }
}

/**
 * This batch cannot be decompressed here: its codec is unknown, the package that reads it is not
 * installed (the message names it), or its records would take more memory than is allowed.
 */
export class UnsupportedCompressionError extends FatalBrokerError {
  override readonly code = 'UNSUPPORTED_COMPRESSION'
  readonly offset: number
  readonly codec: string

  constructor(offset: number, codec: string, what: string) {
    super(`the record batch at offset ${offset} is compressed with ${codec}: ${what}`)
    this.offset = offset
    this.codec = codec
  }
}
