import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorCatalogue } from '../../api/errors.ts'
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.ts'
import { campaignRow, identityRow } from '../support/cluster-rows.ts'

/** Requests made from the API's own OpenAPI document, right, nearly right and hostile. */

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly responses: {
    readonly 200: { readonly content: Record<string, { readonly schema: object }> }
  }
}

interface Document {
  readonly paths: Record<string, { readonly get?: Operation }>
}

const known = [
  'a',
  'i',
  'c',
  'old',
  'attacker-links',
  'attribution-profiles',
  'motor.p',
  'json',
  'dot',
  '1',
]
const hostile = [
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '\u0000',
  'a\u0000motor.p\u0000ref',
  '\ud800',
  "'; --",
  '${7*7}',
  'x'.repeat(5000),
  '%00',
  '-1',
  '1e999',
]

const text = fc.oneof(fc.constantFrom(...known), fc.constantFrom(...hostile), fc.string())

function withRows(): ApiUnderTest {
  const api = apiUnderTest({ limits: { requestsPerMinuteMax: 1_000_000 } })
  const { query } = api
  query.store('attacker-links').set('a', { identity: 'i', root: 'i', firstSeen: 1 })
  const row = { ts: 5, seq: 1, value: { k: [1] }, confidence: 0.5 }
  query.store('attacker-observations').set('a\0motor.p\0ref', row)
  const series = { confidence: 1, observationCount: 5, lastChangeTs: 10, lastObservationTs: 20 }
  const profile = { state: 'stable', currentValue: 'x', ...series }
  query.store('attribution-profiles').set('i\0motor.p', profile)
  query.store('identity-members').set('i\0a', { firstSeen: 1, updatedTs: 2 })
  const entries = [{ primitive: 'motor.p', entryTs: 1 }]
  query.store('multi-actor-windows').set('i', { entries, announced: ['motor.p'] })
  query.store('identities').set('i', identityRow({ ja3Hashes: ['j'] }))
  query.store('identities').set('old', identityRow({ mergedInto: 'i' }))
  query.store('campaign-identities').set('i', { campaign: 'c' })
  query.store('campaigns').set('c', campaignRow())
  query.store('campaign-members').set('c\0i', { firstSeen: 1 })
  return api
}

/** Encoded for a URL; what has no UTF-8 becomes U+FFFD. */
function encode(part: string): string {
  return encodeURIComponent(Buffer.from(part).toString()) || '%20'
}

test('whatever is asked gets an answer of its schema, or an error of the catalogue', async () => {
  const { app, log } = withRows()
  const document = (await app.inject('/openapi.json')).json<Document>()
  const ajv = new Ajv2020({ strict: false })
  const routes = Object.entries(document.paths).flatMap(([path, { get }]) => {
    // Event streams have no end to wait for.
    if (get === undefined || path.endsWith('/events') || path === '/metrics') return []
    const schema = get.responses[200].content['application/json']?.schema
    return [{ path, parameters: get.parameters ?? [], validate: ajv.compile(schema ?? {}) }]
  })
  const request = fc.record({
    route: fc.constantFrom(...routes),
    mask: fc.nat(63),
    values: fc.array(text, { minLength: 6, maxLength: 6 }),
    surprise: fc.option(fc.tuple(text, text), { freq: 8 }),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ route, mask, values, surprise }) => {
      let next = 0
      const path = route.path.replace(/\{\w+\}/g, () => encode(values[next++]!))
      const query = route.parameters
        .filter((parameter, i) => parameter.in === 'query' && (mask >> i) % 2 === 1)
        .map(({ name }) => `${name}=${encode(values[next++ % 6]!)}`)
      if (surprise !== null) query.push(surprise.map(encode).join('='))
      const response = await app.inject(`${path}?${query.join('&')}`)
      const { statusCode } = response
      if (statusCode === 200) {
        if (!String(response.headers['content-type']).startsWith('application/json')) return
        expect(route.validate(response.json()), ajv.errorsText(route.validate.errors)).toBe(true)
        return
      }
      if (route.path === '/readyz' && statusCode === 503) return
      const { error } = response.json<{ error: { code: keyof typeof errorCatalogue } }>()
      expect(errorCatalogue[error.code].status).toBe(statusCode)
      expect(statusCode).toBeLessThan(500)
    }),
    { numRuns: 1500 },
  )
  expect(log).toEqual([])
})

test('whatever is uploaded, lines are accepted or rejected and the server goes on', async () => {
  const { app, ingest, log } = withRows()
  const line = fc.oneof(
    fc.json(),
    fc.string(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.constantFrom('{"attacker_uuid":1e999}', '{"__proto__":null}', '{"a":"\\ud800"}', '{}{}'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
      const payload = Buffer.from(lines.join('\n'), 'latin1')
      const response = await app.inject({
        method: 'POST',
        url: '/api/v1/observations',
        headers: { 'content-type': 'application/x-ndjson' },
        payload,
      })
      const { accepted, rejected } = response.json<{ accepted: number; rejected: number }>()
      const written = payload.toString('latin1').split('\n')
      expect(accepted).toBe(0)
      expect(rejected).toBe(written.filter((each) => /[^ \t\r]/.test(each)).length)
      expect(response.statusCode).toBe(rejected === 0 ? 200 : 422)
    }),
    { numRuns: 300 },
  )
  expect(ingest.appends).toEqual([])
  expect(log).toEqual([])
})
