import { describe, expect, it } from 'vitest'
import { Generations } from '../../../../broker/kafka/group/generations.ts'
import type { GroupMetadata } from '../../../../broker/port.ts'

function generation(generationId: number, memberId = 'm1'): GroupMetadata {
  return { groupId: 'group', generationId, memberId }
}

describe('the generations of a member', () => {
  it('give a stale one the newest, and the newest the next', async () => {
    const generations = new Generations()
    generations.enter(generation(1))
    generations.enter(generation(4))
    expect(await generations.after(generation(1))).toEqual(generation(4))
    const next = generations.after(generation(4))
    generations.enter(generation(5))
    expect(await next).toEqual(generation(5))
  })

  it('end what waits when the membership is lost', async () => {
    const generations = new Generations()
    generations.enter(generation(1))
    const next = generations.after(generation(1))
    generations.leave()
    expect(await next).toBeNull()
    expect(generations.current).toBeNull()
    expect(await generations.after(generation(1))).toBeNull()
  })

  it.each(['m1', 'm2'])('give none of an earlier membership a successor (%s)', async (memberId) => {
    const generations = new Generations()
    generations.enter(generation(1))
    generations.enter(generation(2))
    generations.leave()
    generations.enter(generation(4, memberId))
    expect(await generations.after(generation(1))).toBeNull()
    expect(await generations.after(generation(2))).toBeNull()
    generations.enter(generation(5, memberId))
    expect(await generations.after(generation(4, memberId))).toEqual(generation(5, memberId))
  })
})
