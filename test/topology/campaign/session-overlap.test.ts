import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shareOfFirst, shareOfShorter } from '../../../topology/campaign/session-overlap.ts'
import { sessions } from './arbitrary-features.ts'

const window = (startTs: number, endTs: number) => ({ startTs, endTs })

test('the share of the first counts seconds in several sessions several times', () => {
  const twice = [window(0, 10), window(0, 10)]
  expect(shareOfFirst([window(0, 40)], twice)).toBe(0.5)
  expect(shareOfFirst(twice, [window(0, 5)])).toBe(0.5)
})

test('the share of the shorter counts each second once', () => {
  const overlapping = [window(0, 10), window(5, 20), window(20, 30)]
  expect(shareOfShorter(overlapping, [window(15, 75)])).toBe(0.5)
})

test('who was never active has nothing in common', () => {
  expect(shareOfFirst([], [window(0, 1)])).toBe(0)
  expect(shareOfShorter([window(3, 3)], [window(0, 9)])).toBe(0)
})

test('the share of the shorter depends on no order, and is 1 for a part of the other', () => {
  fc.assert(
    fc.property(sessions, sessions, (a, b) => {
      const share = shareOfShorter(a, b)
      expect(shareOfShorter(b.toReversed(), a.toReversed())).toBe(share)
      if (a.some(({ endTs, startTs }) => endTs > startTs)) {
        expect(shareOfShorter(a, [...a, ...b])).toBeCloseTo(1)
      }
    }),
  )
})
