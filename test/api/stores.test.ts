import { expect, test } from 'vitest'
import { apiUnderTest } from '../support/api-under-test.ts'

test('lists the stores', async () => {
  const { app } = apiUnderTest()
  const response = await app.inject('/api/v1/stores')
  expect(response.json<{ data: unknown[] }>().data[0]).toEqual({
    name: 'attacker-links',
    sub_topology: 0,
    changelog_topic: 'test-attacker-links-changelog',
    partitions: 1,
  })
})

test('finds a row by its key parts, joined by %00 or given as `part`', async () => {
  const { app, query } = apiUnderTest()
  query.store('attacker-observations').set('a\0motor.p\0shard:d/ssh/f#1', { ts: 1 })
  const evidence = encodeURIComponent('shard:d/ssh/f#1')
  for (const key of [`a%00motor.p%00${evidence}`, `a?part=motor.p&part=${evidence}`]) {
    const response = await app.inject(`/api/v1/stores/attacker-observations/keys/${key}`)
    expect(response.json()).toMatchObject({
      key: ['a', 'motor.p', 'shard:d/ssh/f#1'],
      value: { ts: 1 },
      meta: { lag: 0 },
    })
  }
})

test('tells an unknown store from an unknown row', async () => {
  const { app } = apiUnderTest()
  const row = await app.inject('/api/v1/stores/attacker-links/keys/nobody')
  expect([row.statusCode, row.json()]).toMatchObject([404, { error: { code: 'UNKNOWN_ROW' } }])
  for (const path of ['nowhere/keys/a', 'nowhere', 'constructor', '__proto__/keys/a']) {
    const store = await app.inject(`/api/v1/stores/${path}`)
    expect([store.statusCode, store.json()]).toMatchObject([
      404,
      { error: { code: 'UNKNOWN_STORE' } },
    ])
  }
})

test('a store is never a path', async () => {
  const { app } = apiUnderTest()
  for (const name of ['..%2f..%2fetc%2fpasswd', '..%5c..', '%2e%2e%2f', '.%00.', '%252e%252e']) {
    for (const path of [name, `${name}/keys/x`]) {
      const response = await app.inject(`/api/v1/stores/${path}`)
      expect([path, response.statusCode]).toEqual([path, 404])
    }
  }
})

test('pages through the rows of a prefix in key order', async () => {
  const { app, query } = apiUnderTest()
  const rows = query.store('attribution-profiles')
  for (const key of ['i\0c', 'i\0a', 'ix\0a', 'i\0b', 'h\0a']) rows.set(key, key.length)
  const url = '/api/v1/stores/attribution-profiles?prefix=i%00&limit=2'
  const first = (await app.inject(url)).json<{ data: unknown[]; next: string }>()
  expect(first.data).toEqual([
    { key: ['i', 'a'], value: 3 },
    { key: ['i', 'b'], value: 3 },
  ])
  const second = (await app.inject(`${url}&after=${first.next}`)).json<object>()
  expect(second).toMatchObject({ data: [{ key: ['i', 'c'] }], next: null })
  const all = (await app.inject('/api/v1/stores/attribution-profiles')).json<{ data: unknown[] }>()
  expect(all.data).toHaveLength(5)
})
