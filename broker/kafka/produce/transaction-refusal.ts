import {
  AbortableError,
  FatalBrokerError,
  FencedError,
  StaleGenerationError,
  UnknownTopicError,
  type BrokerError,
} from '../../errors.ts'
import { describeCode, errorCodes as code } from '../error-codes.ts'
import { accessDenied } from './access-denied.ts'

/** What a refused request was about. */
export interface RefusedCall {
  readonly apiName: string
  readonly errorCode: number
  readonly transactionalId: string
  /** The first topic and group concerned, as an ACL may be missing for them. */
  readonly topic?: string
  readonly groupId?: string
}

/**
 * The error of a request that a coordinator refused for good.
 *
 * 49 counts as fenced: either a newer holder has another producer id, or the id was unused for so
 * long that the coordinator forgot it (`transactional.id.expiration.ms`). Only a new `init` mends
 * both, and its place is a new object.
 */
export function refusalOfCall(call: RefusedCall): BrokerError {
  const what = `${call.apiName} of ${call.transactionalId} refused: ${describeCode(call.errorCode)}`
  switch (call.errorCode) {
    case code.INVALID_PRODUCER_EPOCH:
    case code.INVALID_PRODUCER_ID_MAPPING:
    case code.PRODUCER_FENCED:
    case code.UNKNOWN_MEMBER_ID:
    case code.FENCED_INSTANCE_ID:
      return new FencedError(what)
    case code.ILLEGAL_GENERATION:
    case code.REBALANCE_IN_PROGRESS:
      return new StaleGenerationError(what)
    case code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return accessDenied('Write', 'TransactionalId', call.transactionalId)
    case code.CLUSTER_AUTHORIZATION_FAILED:
      return accessDenied('IdempotentWrite', 'Cluster', 'kafka-cluster')
    case code.GROUP_AUTHORIZATION_FAILED:
      return accessDenied('Read', 'Group', call.groupId ?? '')
    case code.TOPIC_AUTHORIZATION_FAILED:
      // Offsets are read rights of their topic; partitions of a transaction are written.
      return accessDenied(call.groupId === undefined ? 'Write' : 'Read', 'Topic', call.topic ?? '')
    case code.UNKNOWN_TOPIC_OR_PARTITION:
      return new UnknownTopicError(`topic ${call.topic ?? ''} does not exist`)
    case code.INVALID_TRANSACTION_TIMEOUT:
      return new FatalBrokerError(
        `${what}: the transaction timeout exceeds the broker's transaction.max.timeout.ms`,
      )
    case code.INVALID_GROUP_ID:
    case code.UNSUPPORTED_VERSION:
    case code.INVALID_REQUEST:
      return new FatalBrokerError(what)
    default:
      return new AbortableError(what)
  }
}
