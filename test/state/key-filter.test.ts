import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyFilter } from '../../state/key-filter.ts'

describe('a key filter', () => {
  it('never excludes a key that was added', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 40 })), (keys) => {
        const filter = new KeyFilter()
        for (const key of keys) filter.add(key)
        filter.completed()
        for (const key of keys) expect(filter.mayHold(key)).toBe(true)
      }),
    )
  })

  it('excludes nothing before all keys of the disk were added', () => {
    const filter = new KeyFilter()
    expect(filter.mayHold('a')).toBe(true)
    filter.completed()
    expect(filter.mayHold('a')).toBe(false)
  })

  it('is wrong about few absent keys, over several segments', () => {
    const filter = new KeyFilter()
    filter.completed()
    for (let i = 0; i < 200_000; i++) filter.add(`attacker-${i}\u0000motor.input_modality`)
    let wrong = 0
    for (let i = 0; i < 20_000; i++) {
      if (filter.mayHold(`attacker-${i}\u0000motor.keystroke_cadence`)) wrong++
    }
    expect(wrong).toBeLessThan(20_000 * 0.05)
  })

  it('grows with the keys, not with how often they are written', () => {
    const filter = new KeyFilter()
    for (let i = 0; i < 10_000; i++) filter.add(`key ${i}`)
    const { bytes } = filter
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 10_000; i++) filter.add(`key ${i}`)
    }
    expect(filter.bytes).toBe(bytes)
  })

  it('forgets everything with its store', () => {
    const filter = new KeyFilter()
    filter.add('a')
    filter.completed()
    filter.clear()
    expect(filter.mayHold('a')).toBe(false)
  })
})
