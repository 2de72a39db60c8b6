import {
  type BrokerError,
  FatalBrokerError,
  InvalidTopicError,
  RetriableError,
  TopicExistsError,
  UnknownTopicError,
} from '../../errors.ts'
import { describeCode, errorCodes } from '../error-codes.ts'

/** The ACL operation that a request needs. */
export type AdminOperation = 'Create' | 'Delete' | 'Describe' | 'DescribeConfigs'

/**
 * A broker's refusal of an administrative request as an error of the port.
 *
 * @param what what was asked, as the beginning of a sentence: `topic a`
 */
export function refusal(
  what: string,
  operation: AdminOperation,
  code: number,
  message: string | null = null,
): BrokerError {
  const reason = `${what}: ${message ?? describeCode(code)}`
  switch (code) {
    case errorCodes.TOPIC_ALREADY_EXISTS:
      return new TopicExistsError(`${what} exists`)
    case errorCodes.UNKNOWN_TOPIC_OR_PARTITION:
      return new UnknownTopicError(`${what} does not exist`)
    case errorCodes.INVALID_TOPIC:
    case errorCodes.INVALID_PARTITIONS:
    case errorCodes.INVALID_REPLICATION_FACTOR:
    case errorCodes.INVALID_CONFIG:
    case errorCodes.INVALID_REQUEST:
    case errorCodes.POLICY_VIOLATION:
      return new InvalidTopicError(reason)
    case errorCodes.TOPIC_AUTHORIZATION_FAILED:
    case errorCodes.CLUSTER_AUTHORIZATION_FAILED:
      return new FatalBrokerError(
        `${what}: not allowed: give this client's user the ACL operation ${operation} on ` +
          (code === errorCodes.TOPIC_AUTHORIZATION_FAILED ? 'the topic' : 'the cluster'),
      )
    case errorCodes.UNSUPPORTED_VERSION:
      return new FatalBrokerError(reason)
    default:
      return new RetriableError(reason)
  }
}
