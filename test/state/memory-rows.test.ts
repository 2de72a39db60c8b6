import { expect, test } from 'vitest'
import { MemoryRows } from '../../state/memory-rows.ts'

test('a view sees the rows of its moment however often they were written since', () => {
  const rows = new MemoryRows()
  rows.set('k', Buffer.from('1'))
  const first = rows.view({})
  rows.set('k', Buffer.from('2'))
  rows.set('k', Buffer.from('3'))
  const second = rows.view({})
  for (const text of ['4', '5', '6']) rows.set('k', Buffer.from(text))
  rows.set('k', null)
  const seen = [first, second, undefined].map((view) => rows.get('k', view)?.toString())
  expect(seen).toEqual(['1', '3', undefined])
})
