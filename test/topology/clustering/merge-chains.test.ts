import { expect, test } from 'vitest'
import { MergeChains } from '../../../topology/clustering/merge-chains.ts'

const rows = (pointers: Readonly<Record<string, string | null>>) =>
  Object.entries(pointers).map(([uuid, mergedInto]) => ({ uuid, mergedInto }))

test('a chain of any length ends where a row points nowhere or at itself', () => {
  const long = Array.from({ length: 1000 }, (_, i) => ({ uuid: `${i}`, mergedInto: `${i + 1}` }))
  const chains = new MergeChains([...long, { uuid: '1000', mergedInto: null }])
  expect(chains.endOf('0')).toBe('1000')
  expect(chains.endOf('500')).toBe('1000')
  expect(new MergeChains(rows({ a: 'b', b: 'b' })).endOf('a')).toBe('b')
})

test('an id without a row is an end', () => {
  const chains = new MergeChains(rows({ a: 'gone' }))
  expect(chains.endOf('a')).toBe('gone')
  expect(chains.endOf('never there')).toBe('never there')
  expect(chains.cycles).toBe(0)
})

test('a cycle ends at its smallest id from wherever one starts, and is counted once', () => {
  for (const starts of ['a b c x', 'x c b a', 'b x a c']) {
    const chains = new MergeChains(rows({ a: 'c', b: 'a', c: 'b', x: 'c' }))
    expect(starts.split(' ').map((id) => chains.endOf(id))).toEqual(['a', 'a', 'a', 'a'])
    expect(chains.cycles).toBe(1)
  }
})

test('a merge is followed by ids whose end was known before', () => {
  const chains = new MergeChains(rows({ a: 'b', b: null, c: null }))
  expect(chains.endOf('a')).toBe('b')
  chains.merge('b', 'c')
  expect(chains.endOf('a')).toBe('c')
  expect(chains.endOf('b')).toBe('c')
})
