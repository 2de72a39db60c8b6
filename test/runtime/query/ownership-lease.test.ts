import { expect, test } from 'vitest'
import { FencedError } from '../../../broker/errors.ts'
import { OwnershipLease } from '../../../runtime/query/ownership-lease.ts'
import { ManualClock } from '../../support/manual-clock.ts'

test('the group is asked once in two seconds, however often the lease is needed', async () => {
  const clock = new ManualClock()
  let asked = 0
  const lease = new OwnershipLease(clock, 45_000, async () => {
    asked++
    await clock.sleep(100)
  })
  const needs = () => Promise.all(Array.from({ length: 50 }, () => lease.hold()))
  const first = needs()
  await clock.advance(100)
  await first
  await needs()
  expect(asked).toBe(1)
  await clock.advance(1_900)
  const second = needs()
  await clock.advance(100)
  await second
  expect(asked).toBe(2)
})

test('a process that was stopped asks before it answers, and learns that it owns nothing', async () => {
  const clock = new ManualClock()
  let isMember = true
  const lease = new OwnershipLease(clock, 45_000, () =>
    isMember ? Promise.resolve() : Promise.reject(new FencedError('given up')),
  )
  await lease.hold()
  isMember = false
  await lease.hold()
  await clock.advance(45_000)
  await expect(lease.hold()).rejects.toThrow(FencedError)
  isMember = true
  await lease.hold()
})

test('what a group with short sessions said holds for less than a session', async () => {
  const clock = new ManualClock()
  let asked = 0
  const lease = new OwnershipLease(clock, 1_500, () => {
    asked++
    return Promise.resolve()
  })
  await lease.hold()
  await clock.advance(499)
  await lease.hold()
  expect(asked).toBe(1)
  await clock.advance(1)
  await lease.hold()
  expect(asked).toBe(2)
})
