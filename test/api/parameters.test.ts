import { expect, test } from 'vitest'
import { apiUnderTest } from '../support/api-under-test.ts'

const page = '/api/v1/identities?'

const notIntegers = [
  'limit=0',
  'limit=1001',
  'limit=-1',
  'limit=1e3',
  'limit=%205',
  'limit=5%20',
  'limit=0x10',
  'limit=05',
  'limit=1.0',
  'limit=',
  'limit=null',
  'limit=true',
  'limit=99999999999999999999',
  'limit=1&limit=2',
  'offset=10001',
  'limit[]=1',
  'Limit=1',
  'surprise=1',
  '__proto__=1',
  'constructor=1',
]

test('refuses parameters that are unknown, repeated, or integers but for a coercion', async () => {
  const { app } = apiUnderTest()
  for (const query of notIntegers) {
    const response = await app.inject(page + query)
    const code = response.json<{ error: { code: string } }>().error.code
    expect([query, response.statusCode, code]).toEqual([query, 400, 'INVALID_PARAMETER'])
  }
})

test('takes integers in plain digits, and defaults', async () => {
  const { app } = apiUnderTest()
  const given = await app.inject(`${page}limit=1000&offset=10000`)
  expect(given.json()).toMatchObject({ limit: 1000, offset: 10000 })
  expect((await app.inject('/api/v1/identities')).json()).toMatchObject({ limit: 50, offset: 0 })
})

const badIds = [
  ['%00', 400, 'INVALID_PARAMETER'],
  ['a%00b', 400, 'INVALID_PARAMETER'],
  ['a%0ab', 400, 'INVALID_PARAMETER'],
  ['x'.repeat(129), 400, 'INVALID_PARAMETER'],
  ['x'.repeat(3000), 414, 'URL_TOO_LONG'],
  ['%zz', 400, 'INVALID_URL'],
  ['%ff', 400, 'INVALID_URL'],
] as const

test('refuses ids that could reach into another key, or are none', async () => {
  const { app } = apiUnderTest()
  for (const [id, status, code] of badIds) {
    const response = await app.inject(`/api/v1/identities/${id}`)
    const answer = [
      id,
      response.statusCode,
      response.json<{ error: { code: string } }>().error.code,
    ]
    expect(answer).toEqual([id, status, code])
  }
})

test('every refusal has the one error shape', async () => {
  const { app } = apiUnderTest()
  const response = await app.inject('/nowhere')
  expect(response.statusCode).toBe(404)
  expect(response.json()).toEqual({ error: { code: 'UNKNOWN_ROUTE', message: 'no such route' } })
})

test('an unforeseen error is told by its code alone, and logged', async () => {
  const { app, query, log } = apiUnderTest()
  query.scan = () => Promise.reject(new Error('secret detail'))
  const response = await app.inject('/api/v1/identities')
  expect(response.statusCode).toBe(500)
  expect(response.body).not.toContain('secret')
  expect(log.join('')).toContain('secret detail')
})
