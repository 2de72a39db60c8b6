import { expect, test } from 'vitest'
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.ts'
import { observationLine } from '../support/observation-lines.ts'

const api = () => {
  const under = apiUnderTest()
  return (headers: Record<string, string>, payload: string) => post(under, headers, payload)
}

async function post(api: ApiUnderTest, headers: Record<string, string>, payload: string) {
  api.ingest.topics.clear()
  const response = await api.app.inject({
    method: 'POST',
    url: '/api/v1/observations',
    headers,
    payload,
  })
  return { response, taken: api.ingest.keys('attacker.observation') }
}

// Content types that a page may send to another origin, and tricks that have passed by the
// validation of frameworks (CVE-2025-32442, CVE-2026-25223).
const tricks = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/x-ndjson; charset=utf-16',
  'application/x-ndjson; charset=utf-8; x=y',
  'application/x-ndjson, text/plain',
  'text/plain; application/x-ndjson',
  'text/plain;application/x-ndjson',
  'application/x-ndjson\ttext/plain',
  'application/x-ndjson a',
  'xapplication/x-ndjson',
  'application/x-ndjsonx',
  '',
  ';',
]

test('refuses every content type but NDJSON and takes nothing', async () => {
  const send = api()
  for (const contentType of tricks) {
    const { response, taken } = await send({ 'content-type': contentType }, observationLine('a'))
    expect([contentType, response.statusCode, taken]).toEqual([contentType, 415, []])
    expect(response.json()).toMatchObject({ error: { code: 'UNSUPPORTED_MEDIA_TYPE' } })
  }
})

test('refuses a body without a content type', async () => {
  const send = api()
  for (const payload of [observationLine('a'), '']) {
    const { response, taken } = await send({}, payload)
    expect([response.statusCode, taken]).toEqual([415, []])
  }
})

test('takes NDJSON however its type is spelt, and validates its lines', async () => {
  const send = api()
  for (const contentType of [
    'application/x-ndjson',
    'APPLICATION/X-NDJSON',
    'application/x-ndjson;charset=utf-8',
    'application/x-ndjson; charset="UTF-8"',
  ]) {
    const lines = observationLine('a') + observationLine('b', { confidence: 2 })
    const { response, taken } = await send({ 'content-type': contentType }, lines)
    expect([contentType, response.json()]).toMatchObject([contentType, { rejected: 1 }])
    expect(taken).toEqual(['a'])
  }
})

test('refuses content encodings that it does not undo', async () => {
  const send = api()
  for (const encoding of ['br', 'deflate', 'gzip, gzip', 'zstd', '*']) {
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': encoding }
    const { response, taken } = await send(headers, observationLine('a'))
    expect([encoding, response.statusCode, taken]).toEqual([encoding, 415, []])
    expect(response.json()).toMatchObject({ error: { code: 'UNSUPPORTED_ENCODING' } })
  }
})
