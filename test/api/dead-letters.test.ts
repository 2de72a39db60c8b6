import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { apiUnderTest } from '../support/api-under-test.ts'

const url = '/api/v1/dead-letters'

test('lists the newest dead letters with where they came from and why they failed', async () => {
  const { app, deadLetters } = apiUnderTest()
  for (const offset of [1, 2, 3]) deadLetters.add(offset)
  const answer = await app.inject(`${url}?limit=2&error=DeserializationError&since_ms=5`)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    matched: 3,
    data: [
      { partition: 0, offset: 2, key_bytes: null, value_bytes: 12, replayed_at_ms: null },
      {
        offset: 3,
        source: { topic: 'attacker.observation', partition: 2, offset: 41, timestamp_ms: 1000 },
        error: { class: 'DeserializationError', code: 'DESERIALIZATION', message: 'field ts' },
      },
    ],
  })
  expect(deadLetters.asked).toEqual([{ error: 'DeserializationError', sinceMs: 5 }])
})

test('sends back only when told to execute, and says what is left out and why', async () => {
  const { app, deadLetters } = apiUnderTest()
  for (const offset of [1, 2]) deadLetters.add(offset)
  const post = (query: string) => app.inject({ method: 'POST', url: `${url}/replay?${query}` })
  const dry = await post('offsets=0:1,0:2')
  expect(dry.json()).toMatchObject({
    executed: false,
    sent: [{ offset: 2 }],
    refused: [{ because: 'replayed', dead_letter: { offset: 1 } }],
  })
  expect((await post('all=true&again=true&execute=true')).json()).toMatchObject({ executed: true })
  expect(deadLetters.asked).toEqual([
    {
      filter: {
        addresses: [
          { partition: 0, offset: 1 },
          { partition: 0, offset: 2 },
        ],
      },
      again: false,
      execute: false,
    },
    { filter: {}, again: true, execute: true },
  ])
})

test.each(['', 'all=true&topic=x', 'offsets=0-1', 'execute=yes&all=true', 'since_ms=1&all=true'])(
  'refuses a replay that does not say what to send: %s',
  async (query) => {
    const { app, deadLetters } = apiUnderTest()
    const answer = await app.inject({ method: 'POST', url: `${url}/replay?${query}` })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: { code: 'INVALID_PARAMETER' } })
    expect(deadLetters.asked).toEqual([])
  },
)

test('a broker that does not answer is 503, and its message stays in the log', async () => {
  const { app, deadLetters, log } = apiUnderTest()
  deadLetters.failure = new Error('broker 10.0.0.7 is gone')
  const answer = await app.inject(url)
  expect(answer.statusCode).toBe(503)
  expect(answer.body).not.toContain('10.0.0.7')
  expect(log.join('')).toContain('10.0.0.7')
})

test('reading needs the scope read, sending back needs admin; pages of others may not', async () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const token = (scope: 'read' | 'write' | 'admin') => ({
    name: scope,
    sha256: sha256(scope),
    scopes: [scope],
  })
  const { app, deadLetters } = apiUnderTest({
    tokens: [token('read'), token('write'), token('admin')],
  })
  deadLetters.add(1)
  const status = async (method: 'GET' | 'POST', path: string, headers: Record<string, string>) =>
    (await app.inject({ method, url: path, headers })).statusCode
  const as = (scope: string) => ({ authorization: `Bearer ${scope}` })
  const replay = `${url}/replay?all=true`
  expect(await status('GET', url, as('read'))).toBe(200)
  expect(await status('GET', url, as('write'))).toBe(403)
  expect(await status('POST', replay, as('read'))).toBe(403)
  expect(await status('POST', replay, as('write'))).toBe(403)
  expect(await status('POST', replay, as('admin'))).toBe(200)
  const foreign = { ...as('admin'), origin: 'http://evil.example' }
  expect(await status('POST', replay, foreign)).toBe(403)
})
