import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { apiUnderTest, testNowMs, type ApiUnderTest } from '../support/api-under-test.ts'
import { observationJson, observationLine, observationLines } from '../support/observation-lines.ts'

const topic = 'attacker.observation'

interface UploadAnswer {
  accepted: number
  rejected: number
  errors: { line: number; error: string }[]
  error?: { code: string; message: string }
}

async function post({ app }: ApiUnderTest, payload: string | Buffer, headers: object = {}) {
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/observations',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    payload,
  })
  return { status: response.statusCode, body: response.json<UploadAnswer>(), response }
}

/** Where the accepted lines end. */
const endsAt = (offset: number) => [{ topic, partition: 0, offset }]

test('appends each line under its attacker, stamped with the clock', async () => {
  const api = apiUnderTest()
  const { status, body } = await post(api, observationLines(3))
  expect([status, body]).toEqual([
    200,
    { accepted: 3, rejected: 0, errors: [], positions: endsAt(3) },
  ])
  const records = api.ingest.topics.get(topic)!
  expect(records.map(({ key, timestampMs }) => [key, timestampMs])).toEqual([
    ['a0', testNowMs],
    ['a1', testNowMs],
    ['a2', testNowMs],
  ])
  const { value } = records[1]!
  const read = deserializerFor('observation', new InProcessRegistry())
  const raw = { buffer: value, valueStart: 0, valueEnd: value.length }
  expect(read(raw as never)).toEqual(observationJson('a1'))
})

test('takes attacker profiles on their own route and topic', async () => {
  const { app, ingest } = apiUnderTest()
  const profile = { attacker_uuid: 'x', attacker_ip: '192.0.2.1', first_seen: 1, last_seen: 2 }
  const rest = { asn: null, fingerprints: [], payload_hashes: [], c2_endpoints: [] }
  const payload = JSON.stringify({ ...profile, ...rest })
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/attackers',
    headers: { 'content-type': 'application/x-ndjson' },
    payload,
  })
  expect(response.json()).toMatchObject({ accepted: 1, rejected: 0, errors: [] })
  expect(ingest.keys(PUBLIC_TOPICS['attacker-profile'])).toEqual(['x'])
})

test('takes technique tags, under the attacker or else the identity', async () => {
  const { app, ingest } = apiUnderTest()
  const tag = {
    session_id: null,
    decky_id: 'd1',
    technique_id: 'T1110',
    sub_technique_id: null,
    tactic: 'TA0006',
    confidence: 0.8,
    created_ts: 5,
  }
  const who = [
    { attacker_uuid: 'x', identity_uuid: 'i' },
    { attacker_uuid: null, identity_uuid: 'i' },
    { attacker_uuid: null, identity_uuid: null },
  ]
  const lines = who.map((each, i) => JSON.stringify({ tag_uuid: `t${i}`, ...each, ...tag }))
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/technique-tags',
    headers: { 'content-type': 'application/x-ndjson' },
    payload: lines.join('\n'),
  })
  expect(response.json()).toMatchObject({ accepted: 2, rejected: 1, errors: [{ line: 3 }] })
  expect(ingest.keys(PUBLIC_TOPICS['technique-tag'])).toEqual(['x', 'i'])
})

test('reports errors by line and takes the rest', async () => {
  const api = apiUnderTest()
  const lines = [
    observationLine('good'),
    '{"attacker_uuid": \n',
    '\n',
    observationLine('wrong', { confidence: 'high' }),
    observationLine('unknown', { surprise: 1 }),
    '{"__proto__": {"polluted": true}}\n',
    observationLine('').replace('\n', '\r\n'),
    '[1]\n',
    '\u0000\u0001\n',
    observationLine('better').trimEnd(),
  ]
  const { status, body } = await post(api, lines.join(''))
  expect(status).toBe(200)
  expect([body.accepted, body.rejected]).toEqual([2, 7])
  expect(body.errors.map(({ line }) => line)).toEqual([2, 4, 5, 6, 7, 8, 9])
  expect(body.errors[1]!.error).toContain('confidence')
  expect(api.ingest.keys(topic)).toEqual(['good', 'better'])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('reports a line that is not UTF-8 rather than repairing it', async () => {
  const api = apiUnderTest()
  const bad = Buffer.from(observationLine('a'))
  bad[bad.indexOf('bursty')] = 0xff
  const { body } = await post(api, Buffer.concat([bad, Buffer.from(observationLine('b'))]))
  expect([body.accepted, body.rejected]).toEqual([1, 1])
  expect(body.errors[0]!.error).toContain('UTF-8')
})

test('answers 422 when every line was rejected, 200 when there was none', async () => {
  const api = apiUnderTest()
  const all = await post(api, 'nonsense\n{}\n')
  expect([all.status, all.body.error?.code]).toEqual([422, 'ALL_LINES_REJECTED'])
  expect([all.body.accepted, all.body.rejected]).toEqual([0, 2])
  const none = await post(api, '\n\n')
  expect([none.status, none.body]).toEqual([
    200,
    { accepted: 0, rejected: 0, errors: [], positions: [] },
  ])
})

test('names the first hundred rejected lines and counts all', async () => {
  const { body } = await post(apiUnderTest(), 'x\n'.repeat(250) + observationLine('a'))
  expect([body.accepted, body.rejected, body.errors.length]).toEqual([1, 250, 100])
})

test('passes over a line longer than allowed and takes the next', async () => {
  const api = apiUnderTest()
  const long = observationLine('long', { value: 'v'.repeat(3 * 1024 * 1024) })
  const { body } = await post(api, long + observationLine('next'))
  expect([body.accepted, body.rejected]).toEqual([1, 1])
  expect(body.errors[0]).toEqual({ line: 1, error: 'longer than 1048576 bytes' })
  expect(api.ingest.keys(topic)).toEqual(['next'])
})

test('refuses nesting a hundred thousand deep as an error of its line', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const line = observationLine('deep').replace('"bursty"', deep)
  const { status, body } = await post(apiUnderTest(), line + observationLine('next'))
  expect([status, body.accepted, body.rejected]).toEqual([200, 1, 1])
})

test('takes gzip, in several members too', async () => {
  const api = apiUnderTest()
  const payload = Buffer.concat([gzipSync(observationLine('a')), gzipSync(observationLine('b'))])
  const { body } = await post(api, payload, { 'content-encoding': 'gzip' })
  expect(body).toMatchObject({ accepted: 2, rejected: 0, errors: [] })
})

test('says that a gzip body was cut, after counting what came before', async () => {
  const api = apiUnderTest()
  // Noise, so that the cut falls among many deflate blocks.
  const lines = Array.from({ length: 5000 }, (_, i) =>
    observationLine(`a${i}`, { id: Buffer.from(`${i * 7919}`).toString('base64') }),
  )
  const whole = gzipSync(lines.join(''))
  const cut = whole.subarray(0, Math.floor(whole.length / 2))
  const { status, body } = await post(api, cut, { 'content-encoding': 'gzip' })
  expect([status, body.error?.code]).toEqual([400, 'TRUNCATED_BODY'])
  expect(body.rejected).toBe(0)
  expect(body.accepted).toBeGreaterThan(1500)
  expect(api.ingest.keys(topic)).toEqual(Array.from({ length: body.accepted }, (_, i) => `a${i}`))
})

test('takes every whole line of a gzip body that lacks only its trailer', async () => {
  const whole = gzipSync(observationLines(200))
  const { status, body } = await post(apiUnderTest(), whole.subarray(0, -3), {
    'content-encoding': 'gzip',
  })
  expect([status, body.error?.code, body.accepted]).toEqual([400, 'TRUNCATED_BODY', 200])
})

test('says that a body is no gzip', async () => {
  const { status, body } = await post(apiUnderTest(), observationLine('a'), {
    'content-encoding': 'gzip',
  })
  expect([status, body.error?.code]).toEqual([400, 'INVALID_GZIP'])
})

test('stops inflating a bomb', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  const { status, body } = await post(apiUnderTest(), bomb, { 'content-encoding': 'gzip' })
  expect([status, body.error?.code]).toEqual([413, 'COMPRESSION_RATIO'])
})

test('says 503 when the log does not take the records, and that they may be sent again', async () => {
  const api = apiUnderTest()
  api.ingest.failure = new Error('disk full at /secret')
  const { status, body, response } = await post(api, observationLines(5000))
  expect([status, body.error?.code, body.accepted]).toEqual([503, 'INGEST_FAILED', 0])
  expect(response.headers['retry-after']).toBe('1')
  expect(body.error?.message).not.toContain('secret')
  expect(api.ingest.appends).toHaveLength(1)
})

test('appends in batches of bounded size, one at a time', async () => {
  const api = apiUnderTest({ limits: { appendRecordsMax: 100, appendBytesMax: 1024 * 1024 } })
  const { body } = await post(api, observationLines(1050))
  expect(body.accepted).toBe(1050)
  expect(api.ingest.underWayMax).toBe(1)
  expect(Math.max(...api.ingest.appends.map(({ records }) => records))).toBe(100)
  expect(api.ingest.keys(topic)).toEqual(Array.from({ length: 1050 }, (_, i) => `a${i}`))
})

test('refuses a record that grows beyond what a batch of the log holds', async () => {
  const api = apiUnderTest({ limits: { recordBytesMax: 300 } })
  const value = 'v'.repeat(400)
  const { body } = await post(api, observationLine('a') + observationLine('b', { value }))
  expect([body.accepted, body.rejected]).toEqual([1, 1])
  expect(body.errors[0]).toEqual({ line: 2, error: 'larger than 300 bytes when encoded' })
})
