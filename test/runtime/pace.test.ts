import { describe, expect, it } from 'vitest'
import { Pace } from '../../runtime/pace.ts'
import { ManualClock } from '../support/manual-clock.ts'

describe('the pace of work in the background', () => {
  it('rests while there is work in the foreground, so that it takes its share and no more', async () => {
    const clock = new ManualClock()
    const pace = new Pace(clock, 0.25, () => true)
    let isOver = false
    const rest = pace.rest(20).then(() => (isOver = true))
    await clock.advance(59)
    expect(isOver).toBe(false)
    await clock.advance(1)
    await rest
  })

  it('takes all of the time when nobody else wants it, but lets others have a turn', async () => {
    const pace = new Pace(new ManualClock(), 0.25, () => false)
    let hadTurn = false
    setImmediate(() => (hadTurn = true))
    await pace.rest(20)
    expect(hadTurn).toBe(true)
  })
})
