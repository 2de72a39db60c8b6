import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DiskKeys } from '../../state/disk-keys.ts'

const groupOf = (key: string) => key.slice(0, key.indexOf('/') + 1)
const key = fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }))

test('neither a key that was added nor its group is ever excluded', () => {
  fc.assert(
    fc.property(fc.array(key), (parts) => {
      const keys = parts.map(([group, rest]) => `${group.replaceAll('/', '')}/${rest}`)
      const disk = new DiskKeys(groupOf)
      for (const each of keys) disk.add(each)
      disk.completed()
      for (const each of keys) {
        expect(disk.mayHold(each)).toBe(true)
        expect(disk.mayHoldGroup(groupOf(each))).toBe(true)
      }
    }),
  )
})

test('of a group without keys nothing is held, once all keys are known and when all are gone', () => {
  const disk = new DiskKeys(groupOf)
  disk.add('a/1')
  expect([disk.mayHoldGroup('b/'), disk.mayHold('b/1')]).toEqual([true, true])
  disk.completed()
  expect([disk.mayHoldGroup('b/'), disk.mayHold('b/1'), disk.mayHold('a/1')]).toEqual([
    false,
    false,
    true,
  ])
  disk.clear()
  expect([disk.mayHoldGroup('a/'), disk.mayHold('a/1')]).toEqual([false, false])
})
