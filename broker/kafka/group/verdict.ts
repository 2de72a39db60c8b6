import { FatalBrokerError } from '../../errors.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import { accessDenied } from '../produce/access-denied.ts'

/**
 * What a coordinator's answer means for a membership.
 *
 * - `rebalance`: the others wait for this member to join again.
 * - `stale`: known, but the group has gone on to another generation without it.
 * - `gone`: not, or no longer, a member.
 * - `fenced`: another process holds the instance id (KIP-345).
 */
export type Verdict = 'ok' | 'rebalance' | 'stale' | 'gone' | 'fenced'

/** What a message about a refusal has to name. */
export interface RefusedMember {
  readonly groupId: string
  readonly sessionTimeoutMs?: number
}

const verdicts = new Map<number, Verdict>([
  [errorCodes.NONE, 'ok'],
  [errorCodes.REBALANCE_IN_PROGRESS, 'rebalance'],
  [errorCodes.ILLEGAL_GENERATION, 'stale'],
  [errorCodes.UNKNOWN_MEMBER_ID, 'gone'],
  [errorCodes.FENCED_INSTANCE_ID, 'fenced'],
])

/** @throws {FatalBrokerError} the group cannot be used as it is set up */
export function verdictOf(apiName: string, errorCode: number, member: RefusedMember): Verdict {
  const verdict = verdicts.get(errorCode)
  if (verdict === undefined) throw groupRefusal(apiName, errorCode, member)
  return verdict
}

export function groupRefusal(
  apiName: string,
  errorCode: number,
  { groupId, sessionTimeoutMs }: RefusedMember,
): FatalBrokerError {
  if (errorCode === errorCodes.GROUP_AUTHORIZATION_FAILED) {
    return accessDenied('Read', 'Group', groupId)
  }
  const what = new Map<number, string>([
    [
      errorCodes.INVALID_SESSION_TIMEOUT,
      `the session timeout of ${sessionTimeoutMs ?? 0} ms is outside the broker's bounds ` +
        '(group.min.session.timeout.ms, group.max.session.timeout.ms)',
    ],
    [
      errorCodes.INCONSISTENT_GROUP_PROTOCOL,
      'the group id is in use by programs of another kind: choose another one',
    ],
    [errorCodes.INVALID_GROUP_ID, 'the group id is not valid'],
    [
      errorCodes.GROUP_MAX_SIZE_REACHED,
      'the group has as many members as the broker allows (group.max.size)',
    ],
  ]).get(errorCode)
  return new FatalBrokerError(
    `${apiName} for group ${groupId}: ${what ?? 'the broker refuses it'}: ${describeCode(errorCode)}`,
  )
}
