import { FatalBrokerError } from '../../errors.ts'

export type AclResource = 'TransactionalId' | 'Topic' | 'Group' | 'Cluster'
export type AclOperation = 'Write' | 'Read' | 'IdempotentWrite'

/** Names the ACL that an operator has to add. */
export function accessDenied(
  operation: AclOperation,
  resource: AclResource,
  name: string,
): FatalBrokerError {
  return new FatalBrokerError(
    `the broker denies ${operation} on ${resource} ${name}: ` +
      `allow this principal operation ${operation} there (an ACL is missing)`,
  )
}
