import { describe, expect, it } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { ManualClock } from '../support/manual-clock.ts'

describe.each([
  [
    'system',
    (): [typeof systemClock, (ms: number) => Promise<void>] => [
      systemClock,
      (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    ],
  ],
  [
    'manual',
    (): [ManualClock, (ms: number) => Promise<void>] => {
      const clock = new ManualClock()
      return [clock, (ms) => clock.advance(ms)]
    },
  ],
])('%s clock', (_name, make) => {
  it('runs a timer once, after its time', async () => {
    const [clock, advance] = make()
    let runs = 0
    clock.setTimer(30, () => runs++)
    expect(runs).toBe(0)
    await advance(80)
    await advance(80)
    expect(runs).toBe(1)
  })

  it('does not run a cancelled timer', async () => {
    const [clock, advance] = make()
    let runs = 0
    const cancel = clock.setTimer(5, () => runs++)
    cancel()
    cancel()
    await advance(20)
    expect(runs).toBe(0)
  })

  it('moves on by what was slept', async () => {
    const [clock, advance] = make()
    const startMs = clock.now()
    const slept = clock.sleep(20)
    await advance(40)
    await slept
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(19)
  })

  it('wakes a sleeper whose signal aborts, now or before', async () => {
    const [clock] = make()
    const controller = new AbortController()
    const slept = clock.sleep(1_000_000, controller.signal)
    controller.abort()
    await slept
    await clock.sleep(1_000_000, controller.signal)
  })
})

describe('manual clock', () => {
  it('runs timers by due time and then age, each at its own time', async () => {
    const clock = new ManualClock(0)
    const runs: [string, number][] = []
    const note = (name: string) => () => {
      runs.push([name, clock.now()])
    }
    clock.setTimer(20, note('late'))
    clock.setTimer(10, note('first'))
    clock.setTimer(10, () => {
      note('second')()
      clock.setTimer(5, note('nested'))
    })
    expect(clock.nextDueMs).toBe(10)
    await clock.advance(20)
    expect(runs).toEqual([
      ['first', 10],
      ['second', 10],
      ['nested', 15],
      ['late', 20],
    ])
    expect(clock.pendingCount).toBe(0)
    expect(clock.nextDueMs).toBeUndefined()
  })
})
