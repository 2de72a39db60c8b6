import {
  AbortableError,
  FatalBrokerError,
  FencedError,
  RecordTooLargeError,
  type BrokerError,
} from '../../errors.ts'
import { describeCode, errorCodes as code } from '../error-codes.ts'
import type { ProduceAnswer } from '../wire/produce.ts'
import { accessDenied } from './access-denied.ts'

/** Passing refusals: the same bytes go to the partition's leader again. */
const passing = new Set<number>([
  code.CORRUPT_MESSAGE,
  code.UNKNOWN_TOPIC_OR_PARTITION,
  code.LEADER_NOT_AVAILABLE,
  code.NOT_LEADER_OR_FOLLOWER,
  code.REQUEST_TIMED_OUT,
  code.REPLICA_NOT_AVAILABLE,
  code.NETWORK_EXCEPTION,
  code.COORDINATOR_LOAD_IN_PROGRESS,
  code.COORDINATOR_NOT_AVAILABLE,
  code.NOT_COORDINATOR,
  code.NOT_ENOUGH_REPLICAS,
  code.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  code.CONCURRENT_TRANSACTIONS,
  code.KAFKA_STORAGE_ERROR,
  code.FENCED_LEADER_EPOCH,
  code.UNKNOWN_LEADER_EPOCH,
  code.OFFSET_NOT_AVAILABLE,
  code.THROTTLING_QUOTA_EXCEEDED,
])

/**
 * Refusals after which no log has the batch. Not among them are those of a leader that appended it
 * and lost its place, or the topic, while it waited for the replicas: 3, 6, 7, 20.
 */
const certain = new Set<number>([
  code.CORRUPT_MESSAGE,
  code.LEADER_NOT_AVAILABLE,
  code.REPLICA_NOT_AVAILABLE,
  code.MESSAGE_TOO_LARGE,
  code.COORDINATOR_LOAD_IN_PROGRESS,
  code.COORDINATOR_NOT_AVAILABLE,
  code.NOT_COORDINATOR,
  code.INVALID_TOPIC,
  code.RECORD_LIST_TOO_LARGE,
  code.NOT_ENOUGH_REPLICAS,
  code.TOPIC_AUTHORIZATION_FAILED,
  code.CLUSTER_AUTHORIZATION_FAILED,
  code.INVALID_TIMESTAMP,
  code.OUT_OF_ORDER_SEQUENCE_NUMBER,
  code.INVALID_PRODUCER_EPOCH,
  code.INVALID_TXN_STATE,
  code.INVALID_PRODUCER_ID_MAPPING,
  code.CONCURRENT_TRANSACTIONS,
  code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  code.UNKNOWN_PRODUCER_ID,
  code.FENCED_LEADER_EPOCH,
  code.UNKNOWN_LEADER_EPOCH,
  code.UNSUPPORTED_COMPRESSION_TYPE,
  code.INVALID_RECORD,
  code.THROTTLING_QUOTA_EXCEEDED,
  code.PRODUCER_FENCED,
  code.TRANSACTION_ABORTABLE,
])

/** Concurrent ends of transactions settle in milliseconds; the rest takes an election. */
export function settlesShortly(errorCode: number): boolean {
  return errorCode === code.CONCURRENT_TRANSACTIONS
}

export function isPassing(errorCode: number): boolean {
  return passing.has(errorCode)
}

export function surelyNotAppended(errorCode: number): boolean {
  return certain.has(errorCode)
}

/**
 * The final error of a refused batch.
 *
 * A repeated sequence (46) does not arise with one batch in flight, which brokers answer with the
 * first append's offset; should it, where the batch lies is not known and it counts as failed.
 */
export function refusalOf(answer: ProduceAnswer, transactionalId: string | null): BrokerError {
  const { topic, partition, errorCode, errorMessage } = answer
  const what =
    `${topic}-${partition} refused a batch: ${describeCode(errorCode)}` +
    (errorMessage === null ? '' : `, ${errorMessage}`)
  switch (errorCode) {
    case code.MESSAGE_TOO_LARGE:
    case code.RECORD_LIST_TOO_LARGE:
      return new RecordTooLargeError(`${what}: raise max.message.bytes of the topic`)
    case code.INVALID_PRODUCER_EPOCH:
    case code.INVALID_PRODUCER_ID_MAPPING:
    case code.PRODUCER_FENCED:
      return new FencedError(what)
    case code.TOPIC_AUTHORIZATION_FAILED:
      return accessDenied('Write', 'Topic', topic)
    case code.CLUSTER_AUTHORIZATION_FAILED:
      return accessDenied('IdempotentWrite', 'Cluster', 'kafka-cluster')
    case code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return accessDenied('Write', 'TransactionalId', transactionalId ?? '')
    case code.INVALID_TOPIC:
    case code.INVALID_TIMESTAMP:
    case code.UNSUPPORTED_VERSION:
    case code.INVALID_REQUEST:
    case code.POLICY_VIOLATION:
    case code.UNSUPPORTED_COMPRESSION_TYPE:
    case code.INVALID_RECORD:
      return new FatalBrokerError(what)
    default:
      return new AbortableError(what)
  }
}
