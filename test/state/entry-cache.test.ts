import { describe, expect, it } from 'vitest'
import { EntryCache } from '../../state/entry-cache.ts'
import { Entry, OPEN } from '../../state/entry.ts'

function cacheOf(keys: readonly string[]): EntryCache<string> {
  const cache = new EntryCache<string>()
  for (const key of keys) {
    const entry = new Entry(key, 'value', 10)
    entry.referenced = false
    cache.add(entry)
  }
  return cache
}

function left(cache: EntryCache<string>, keys: readonly string[]): string[] {
  return keys.filter((key) => cache.get(key) !== undefined)
}

const keys = ['a', 'b', 'c', 'd']
const bytesOfOne = cacheOf(['a']).bytes

describe('EntryCache', () => {
  it('counts the bytes and the clean entries it holds', () => {
    const cache = cacheOf(keys)
    expect(cache.bytes).toBe(4 * bytesOfOne)
    expect(cache.cleanCount).toBe(4)
    cache.resize(cache.get('a')!, 15)
    expect(cache.bytes).toBe(4 * bytesOfOne + 5)
    cache.remove(cache.get('a')!)
    cache.remove(cache.get('b')!)
    expect(cache.bytes).toBe(2 * bytesOfOne)
    expect(cache.cleanCount).toBe(2)
    expect(cache.size).toBe(2)
    cache.clear()
    expect([cache.bytes, cache.cleanCount, cache.size]).toEqual([0, 0, 0])
  })

  it('evicts unused entries in the order of their arrival, used ones a round later', () => {
    const cache = cacheOf(keys)
    cache.get('a')!.referenced = true
    cache.evict(2 * bytesOfOne, 100)
    expect(left(cache, keys)).toEqual(['a', 'd'])
    cache.evict(1, 100)
    expect(left(cache, keys)).toEqual(['a'])
    cache.evict(1, 100)
    expect(left(cache, keys)).toEqual([])
  })

  it('never evicts an entry that is in a layer', () => {
    const cache = cacheOf(keys)
    cache.get('b')!.layers = OPEN
    cache.cleanCount--
    cache.evict(1_000_000, 1_000_000)
    expect(left(cache, keys)).toEqual(['b'])
    expect(cache.cleanCount).toBe(0)
  })

  it('looks at no more entries than it may, and goes on there the next time', () => {
    const cache = cacheOf(keys)
    for (const key of keys.slice(0, 3)) cache.get(key)!.referenced = true
    cache.evict(bytesOfOne, 2)
    expect(left(cache, keys)).toEqual(keys)
    expect(keys.map((key) => cache.get(key)!.referenced)).toEqual([false, false, true, false])
    cache.evict(bytesOfOne, 2)
    expect(left(cache, keys)).toEqual(['a', 'b', 'c'])
  })
})
