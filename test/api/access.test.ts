import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { BearerTokens, TokenConfigError, type Scope } from '../../api/bearer-tokens.ts'
import { UnsafeBindingError, assertSafeBinding, isLoopback } from '../../api/safe-binding.ts'
import { apiUnderTest } from '../support/api-under-test.ts'
import { observationLine } from '../support/observation-lines.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const token = (name: string, scopes: Scope[]) => ({ name, sha256: sha256(`${name}-token`), scopes })

const tokens = [token('reader', ['read']), token('sensor', ['write']), token('operator', ['admin'])]

function guarded() {
  const api = apiUnderTest({ tokens, host: '0.0.0.0' })
  const get = (authorization?: string, url = '/api/v1/identities') =>
    api.app.inject({ url, headers: authorization === undefined ? {} : { authorization } })
  const post = (authorization: string) =>
    api.app.inject({
      method: 'POST',
      url: '/api/v1/observations',
      headers: { authorization, 'content-type': 'application/x-ndjson' },
      payload: observationLine('a'),
    })
  return { ...api, get, post }
}

test.each(['0.0.0.0', '::', '', '192.0.2.7', 'sensor.example', '2001:db8::1', '::ffff:192.0.2.1'])(
  'refuses to serve on %s without tokens, and says what to do',
  (host) => {
    expect(() => assertSafeBinding(host, [])).toThrow(UnsafeBindingError)
    expect(() => assertSafeBinding(host, [])).toThrow(/token/)
    expect(() => assertSafeBinding(host, tokens)).not.toThrow()
    expect(() => apiUnderTest({ host })).toThrow(UnsafeBindingError)
  },
)

test.each(['127.0.0.1', '127.8.9.10', '::1', '[::1]', 'localhost', 'LOCALHOST'])(
  'serves on %s without tokens',
  (host) => {
    expect(() => assertSafeBinding(host, [])).not.toThrow()
  },
)

test.each(['localhost.example', '127.0.0.1.example', '1270.0.0.1', '0', '::2', 'local host'])(
  '%s is not loopback',
  (host) => {
    expect(isLoopback(host)).toBe(false)
  },
)

test('refuses tokens that could never match', () => {
  const bad = [{ name: 'plain', sha256: 'the token itself', scopes: ['read' as const] }]
  expect(() => new BearerTokens(bad)).toThrow(TokenConfigError)
  expect(() => new BearerTokens([{ ...tokens[0]!, scopes: [] }])).toThrow(/no scope/)
})

test('takes a token by its hash, in either case, and only whole', () => {
  const known = new BearerTokens([
    { name: 'upper', sha256: sha256('s3cret').toUpperCase(), scopes: ['read'] },
  ])
  const upper = { name: 'upper', scopes: new Set(['read']) }
  expect(known.callerOf('Bearer s3cret')).toMatchObject(upper)
  expect(known.callerOf('bearer  s3cret')).toMatchObject(upper)
  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer s3cre',
    'Bearer s3cret2',
    'Bearer s3cret extra',
    'Basic s3cret',
    `Bearer ${sha256('s3cret')}`,
    's3cret',
  ]) {
    expect(known.callerOf(header), header).toBeNull()
  }
})

test('with tokens, every route but the probes needs one, unknown routes too', async () => {
  const { app, get } = guarded()
  await app.ready()
  const document = app.swagger() as unknown as {
    paths: Record<string, Record<string, object>>
  }
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) => [method.toUpperCase(), path.replace('{id}', 'x')] as const,
    ),
  )
  for (const [method, url] of [...routes, ['GET', '/nowhere'], ['DELETE', '/'] as const]) {
    const { statusCode, headers } = await app.inject({ method: method as 'GET', url: url })
    if (url === '/livez' || url === '/readyz') expect(statusCode).not.toBe(401)
    else expect([url, statusCode, headers['www-authenticate']]).toEqual([url, 401, 'Bearer'])
  }
  expect((await get('Bearer wrong')).json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } })
})

test('a token opens what its scopes say', async () => {
  const { get, post } = guarded()
  expect((await get('Bearer reader-token')).statusCode).toBe(200)
  expect((await post('Bearer reader-token')).json()).toMatchObject({ error: { code: 'FORBIDDEN' } })
  expect((await post('Bearer sensor-token')).statusCode).toBe(200)
  expect((await get('Bearer sensor-token')).statusCode).toBe(403)
  expect((await get('Bearer operator-token')).statusCode).toBe(200)
  expect((await post('Bearer operator-token')).statusCode).toBe(200)
  expect((await get('Bearer reader-token', '/nowhere')).statusCode).toBe(404)
})

test('an address that guesses tokens is slowed down', async () => {
  const api = apiUnderTest({ tokens, limits: { failedLoginsPerMinuteMax: 3 } })
  const guess = (authorization: string) =>
    api.app.inject({ url: '/api/v1/identities', headers: { authorization } })
  const codes: number[] = []
  for (let i = 0; i < 5; i++) codes.push((await guess(`Bearer guess-${i}`)).statusCode)
  expect(codes).toEqual([401, 401, 401, 429, 429])
  expect((await guess('Bearer reader-token')).statusCode).toBe(200)
})

test('an address that asks too often is told when to come back', async () => {
  const { app } = apiUnderTest({ limits: { requestsPerMinuteMax: 2 } })
  await app.inject('/api/v1/identities')
  await app.inject('/api/v1/identities')
  const refused = await app.inject('/api/v1/identities')
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '60'])
  expect((await app.inject('/livez')).statusCode).toBe(200)
})

test('without tokens, a page that rebinds its name to loopback reads nothing', async () => {
  const { app } = apiUnderTest()
  for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '192.0.2.1']) {
    const response = await app.inject({ url: '/api/v1/identities', headers: { host } })
    expect([host, response.statusCode, response.json()]).toMatchObject([
      host,
      403,
      { error: { code: 'HOST_NOT_ALLOWED' } },
    ])
  }
})

test('without tokens, loopback names are served as Host', async () => {
  const { app } = apiUnderTest()
  for (const host of ['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080', '[::1]']) {
    const response = await app.inject({ url: '/api/v1/identities', headers: { host } })
    expect([host, response.statusCode]).toEqual([host, 200])
  }
})

test('with tokens any Host is served: a page cannot send the token', async () => {
  const { app } = guarded()
  const headers = { host: 'sensors.example', authorization: 'Bearer reader-token' }
  expect((await app.inject({ url: '/api/v1/identities', headers })).statusCode).toBe(200)
})

test('a write is taken only from pages of this very origin, or from no page', async () => {
  const { app } = apiUnderTest()
  const host = 'localhost:80'
  const statusFrom = async (origin: object) => {
    const response = await app.inject({
      method: 'POST',
      url: '/api/v1/observations',
      headers: { 'content-type': 'application/x-ndjson', host, ...origin },
      payload: observationLine('a'),
    })
    return response.statusCode
  }
  expect(await statusFrom({ origin: 'https://evil.example' })).toBe(403)
  expect(await statusFrom({ origin: 'null' })).toBe(403)
  expect(await statusFrom({ origin: 'http://localhost:9999' })).toBe(403)
  expect(await statusFrom({ origin: `http://${host}` })).toBe(200)
  expect(await statusFrom({})).toBe(200)
})

test('a browser that asks for leave to write from another origin gets none', async () => {
  const { app } = apiUnderTest()
  const response = await app.inject({
    method: 'OPTIONS',
    url: '/api/v1/observations',
    headers: {
      host: 'localhost',
      origin: 'http://localhost',
      'access-control-request-method': 'POST',
    },
  })
  expect(response.statusCode).toBe(404)
  expect(response.headers['access-control-allow-origin']).toBeUndefined()
})

test('answers may not be framed, sniffed or run', async () => {
  const { app } = apiUnderTest()
  for (const url of ['/', '/nowhere']) {
    const { headers } = await app.inject(url)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['x-powered-by']).toBeUndefined()
  }
})
