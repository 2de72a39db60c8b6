import { expect, it } from 'vitest'
import { FatalBrokerError, RetriableError } from '../../../../broker/errors.ts'
import { Coordinators } from '../../../../broker/kafka/cluster/coordinators.ts'
import { errorCodes } from '../../../../broker/kafka/error-codes.ts'
import type { FindCoordinatorRequest } from '../../../../broker/kafka/wire/find-coordinator.ts'

function coordinators(answer: () => { code?: number; nodeId: number }): {
  known: Coordinators
  questions: FindCoordinatorRequest[]
} {
  const questions: FindCoordinatorRequest[] = []
  const known = new Coordinators((request) => {
    questions.push(request)
    return Promise.resolve({ code: 0, host: 'h', port: 1, ...answer() })
  })
  return { known, questions }
}

it('asks once for a group, also when many ask at the same time', async () => {
  const { known, questions } = coordinators(() => ({ nodeId: 7 }))
  expect(await Promise.all([known.of('group', 'g'), known.of('group', 'g')])).toEqual([7, 7])
  expect(await known.of('group', 'g')).toBe(7)
  expect(questions).toEqual([{ kind: 'group', key: 'g' }])
})

it('keeps a group and a transactional id of the same name apart', async () => {
  const { known, questions } = coordinators(() => ({ nodeId: 7 }))
  await known.of('group', 'x')
  await known.of('transaction', 'x')
  expect(questions).toHaveLength(2)
})

it('asks again for what was forgotten, and for what a lost broker coordinated', async () => {
  let nodeId = 1
  const { known } = coordinators(() => ({ nodeId }))
  await known.of('group', 'g')
  await known.of('transaction', 't')
  nodeId = 2
  known.forget('group', 'g')
  expect(await known.of('group', 'g')).toBe(2)
  expect(await known.of('transaction', 't')).toBe(1)
  known.forgetBroker(1)
  expect(await known.of('transaction', 't')).toBe(2)
})

it('does not remember a failure', async () => {
  const codes: number[] = [errorCodes.COORDINATOR_NOT_AVAILABLE, errorCodes.NONE]
  const { known } = coordinators(() => ({ nodeId: 3, code: codes.shift()! }))
  await expect(known.of('group', 'g')).rejects.toThrow(RetriableError)
  expect(await known.of('group', 'g')).toBe(3)
})

it.each([
  ['group', errorCodes.GROUP_AUTHORIZATION_FAILED, /group id.*Read/],
  ['transaction', errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, /transactional id id.*Write/],
] as const)('names the permission that a %s needs', async (kind, code, message) => {
  const { known } = coordinators(() => ({ nodeId: -1, code }))
  await expect(known.of(kind, 'id')).rejects.toThrow(FatalBrokerError)
  await expect(known.of(kind, 'id')).rejects.toThrow(message)
})
