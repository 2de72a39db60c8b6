/**
 * Errors of the topology, classed by who must act. `code` is stable; messages are not.
 *
 * | class           | who acts  | action                                                    |
 * |-----------------|-----------|-----------------------------------------------------------|
 * | TopologyError   | developer | the topology is not built, or a processor breaks its API  |
 * | ProcessingError | runtime   | the record goes to the dead letters, the rest goes on     |
 * | ProductionError | runtime   | as ProcessingError: the record that was to be sent is bad |
 *
 * What cannot be decoded or encoded is told by the serdes (schemas/errors.ts); an executor wraps
 * what a serializer throws in a ProcessingError that names the sink.
 */

export type TopologyErrorCode =
  | 'TOPOLOGY_INVALID_NAME'
  | 'TOPOLOGY_INVALID_OPTION'
  | 'TOPOLOGY_INVALID_PATTERN'
  | 'TOPOLOGY_DUPLICATE_NODE'
  | 'TOPOLOGY_DUPLICATE_STORE'
  | 'TOPOLOGY_SHARED_STORE'
  | 'TOPOLOGY_DUPLICATE_TOPIC'
  | 'TOPOLOGY_NO_PARENTS'
  | 'TOPOLOGY_UNKNOWN_PARENT'
  | 'TOPOLOGY_INVALID_PARENT'
  | 'TOPOLOGY_NO_CHILDREN'
  | 'TOPOLOGY_CYCLE'
  | 'TOPOLOGY_EMPTY'
  | 'TOPOLOGY_UNKNOWN_GLOBAL_TABLE'
  | 'TOPOLOGY_UNUSED_GLOBAL_TABLE'
  | 'TOPOLOGY_UNKNOWN_TOPIC'
  | 'TOPOLOGY_PARTITION_COUNTS'
  | 'TOPOLOGY_UNKNOWN_SOURCE'
  | 'TOPOLOGY_UNKNOWN_CHILD'
  | 'TOPOLOGY_UNKNOWN_STORE'
  | 'TOPOLOGY_MISSING_METHOD'
  | 'TOPOLOGY_BATCH_END_RECURSION'

/** What an error is about; absent: does not apply. */
export interface TopologyErrorContext {
  readonly node?: string
  readonly store?: string
  readonly topic?: string
  readonly cause?: unknown
}

/** The topology is wrong: nothing is started. The message says what, where, and how to mend it. */
export class TopologyError extends Error {
  override name = 'TopologyError'
  readonly code: TopologyErrorCode
  readonly node: string | null
  readonly store: string | null
  readonly topic: string | null

  constructor(code: TopologyErrorCode, message: string, context: TopologyErrorContext = {}) {
    super(message, 'cause' in context ? { cause: context.cause } : undefined)
    this.code = code
    this.node = context.node ?? null
    this.store = context.store ?? null
    this.topic = context.topic ?? null
  }
}

/** Where processing failed; topic, partition and offset are null outside of a record. */
export interface ProcessingErrorContext {
  readonly node: string
  readonly taskId: string
  readonly topic: string | null
  readonly partition: number | null
  readonly offset: number | null
  readonly cause: unknown
}

/** A node threw: its record's effects are undone and the record goes to the dead letters. */
export class ProcessingError extends Error {
  override name = 'ProcessingError'
  readonly code = 'PROCESSING'
  readonly node: string
  readonly taskId: string
  readonly topic: string | null
  readonly partition: number | null
  readonly offset: number | null

  /** @param doing what the node was doing, as `in its punctuation`; of a record: its place */
  constructor(doing: string, context: ProcessingErrorContext) {
    const { cause, node, taskId } = context
    super(`task ${taskId}: node ${node} failed ${doing}: ${messageOf(cause)}`, { cause })
    this.node = node
    this.taskId = taskId
    this.topic = context.topic
    this.partition = context.partition
    this.offset = context.offset
  }
}

/** A record that cannot be sent: too large, or to a topic that is not known. */
export class ProductionError extends Error {
  override name = 'ProductionError'
  readonly code = 'PRODUCTION'
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
