import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { WorkerStateRow } from '../../state/worker-rows.ts'
import { apiUnderTest, testNowMs, type ApiUnderTest } from '../support/api-under-test.ts'
import { rawRecord } from '../schemas/raw.ts'

const row: WorkerStateRow = {
  status: 'paused',
  told: { action: 'pause', requested_by: 'admin-1', ts: 1_699_999_000 },
  lastPassMs: 1_699_999_999_500,
  passes: 7,
  pending: 3,
  members: 20,
  groups: 12,
  failures: 1,
}

const asJson = { 'content-type': 'application/json' }

function tell(
  { app }: ApiUnderTest,
  worker: string,
  payload: string,
  headers: Record<string, string> = asJson,
) {
  const url = `/api/v1/workers/${worker}/control`
  return app.inject({ method: 'POST', url, headers, payload })
}

function toldTo({ ingest }: ApiUnderTest, worker: string) {
  const read = deserializerFor('worker-control', new InProcessRegistry())
  const records = ingest.topics.get(`system.${worker}.control`) ?? []
  return records.map(({ key, value }) => [key, read(rawRecord(value))])
}

test('each worker tells how it is; one that did nothing yet is running', async () => {
  const { app, query } = apiUnderTest()
  query.store('identify-worker').set('identify', row)
  const answer = await app.inject('/api/v1/workers')
  expect(answer.json()).toMatchObject({
    workers: [
      {
        worker: 'identify',
        status: 'paused',
        told: { action: 'pause', requested_by: 'admin-1' },
        last_pass_ts: 1_699_999_999.5,
        passes: 7,
        pending: 3,
        members: 20,
        groups: 12,
        failures: 1,
      },
      { worker: 'campaign', status: 'running', told: null, last_pass_ts: null, members: 0 },
    ],
    meta: { lag: 0 },
  })
})

test('one worker is asked for with bounds, such as the position of what it was told', async () => {
  const { app, query } = apiUnderTest()
  const url = '/api/v1/workers/campaign?min_position=system.campaign.control:0:4'
  expect((await app.inject(url)).json()).toMatchObject({ worker: 'campaign', status: 'running' })
  const positionMin = [{ topic: 'system.campaign.control', partition: 0, offset: 4 }]
  expect(query.bounds).toEqual({ positionMin })
})

test('a command is appended to the control topic of its worker, and answered with its place', async () => {
  const api = apiUnderTest()
  for (const [index, action] of ['pause', 'run', 'resume'].entries()) {
    const response = await tell(api, 'campaign', JSON.stringify({ action }))
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({
      worker: 'campaign',
      action,
      requested_by: 'local',
      ts: testNowMs / 1000,
      positions: [{ topic: 'system.campaign.control', partition: 0, offset: index + 1 }],
    })
  }
  const ts = testNowMs / 1000
  expect(toldTo(api, 'campaign')).toEqual([
    ['campaign', { action: 'pause', requested_by: 'local', ts }],
    ['campaign', { action: 'run', requested_by: 'local', ts }],
    ['campaign', { action: 'resume', requested_by: 'local', ts }],
  ])
  expect(toldTo(api, 'identify')).toEqual([])
})

test('a command needs the scope admin, and carries the name of its token', async () => {
  const tokens = (['read', 'write', 'admin'] as const).map((scope) => ({
    name: `${scope}-1`,
    sha256: createHash('sha256').update(scope).digest('hex'),
    scopes: [scope],
  }))
  const api = apiUnderTest({ tokens })
  const statuses: number[] = []
  for (const { scopes } of tokens) {
    const headers = { ...asJson, authorization: `Bearer ${scopes[0]!}` }
    statuses.push((await tell(api, 'identify', '{"action":"pause"}', headers)).statusCode)
  }
  expect(statuses).toEqual([403, 403, 200])
  expect(toldTo(api, 'identify')).toMatchObject([['identify', { requested_by: 'admin-1' }]])
  const read = { authorization: 'Bearer read' }
  expect((await api.app.inject({ url: '/api/v1/workers', headers: read })).statusCode).toBe(200)
})

test.each([
  ['', 400, 'INVALID_JSON'],
  ['{', 400, 'INVALID_JSON'],
  ['{"__proto__":{"action":"pause"}}', 400, 'INVALID_JSON'],
  ['null', 400, 'INVALID_PARAMETER'],
  ['[]', 400, 'INVALID_PARAMETER'],
  ['"pause"', 400, 'INVALID_PARAMETER'],
  ['{}', 400, 'INVALID_PARAMETER'],
  ['{"action":"stop"}', 400, 'INVALID_PARAMETER'],
  ['{"action":["pause"]}', 400, 'INVALID_PARAMETER'],
  ['{"action":"pause","requested_by":"me"}', 400, 'INVALID_PARAMETER'],
  [`{"action":"pause"${' '.repeat(65_536)}}`, 413, 'BODY_TOO_LARGE'],
])('body %# is refused', async (payload, status, code) => {
  const api = apiUnderTest()
  const response = await tell(api, 'identify', payload)
  expect([response.statusCode, response.json()]).toMatchObject([status, { error: { code } }])
  expect(api.ingest.appends).toEqual([])
  expect(api.log).toEqual([])
})

test.each([
  [{ 'content-type': 'text/plain' }, 'UNSUPPORTED_MEDIA_TYPE'],
  [{ 'content-type': 'application/x-ndjson' }, 'UNSUPPORTED_MEDIA_TYPE'],
  [{ 'content-type': 'application/json; charset=utf-16' }, 'UNSUPPORTED_MEDIA_TYPE'],
  [{ 'content-type': 'text/plain;application/json' }, 'UNSUPPORTED_MEDIA_TYPE'],
  [{}, 'UNSUPPORTED_MEDIA_TYPE'],
  [{ ...asJson, 'content-encoding': 'gzip' }, 'UNSUPPORTED_ENCODING'],
])('a command sent with %j is refused', async (headers, code) => {
  const api = apiUnderTest()
  const response = await tell(api, 'identify', '{"action":"pause"}', headers)
  expect([response.statusCode, response.json()]).toMatchObject([415, { error: { code } }])
  expect(api.ingest.appends).toEqual([])
})

test('the content type may be spelt as clients spell it', async () => {
  const api = apiUnderTest()
  for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"']) {
    const headers = { 'content-type': type }
    expect((await tell(api, 'identify', '{"action":"run"}', headers)).statusCode).toBe(200)
  }
})

test('a worker that does not exist is neither shown nor told', async () => {
  const api = apiUnderTest()
  for (const worker of ['x', 'identify-worker', '__proto__', 'IDENTIFY']) {
    expect((await tell(api, worker, '{"action":"pause"}')).json()).toMatchObject({
      error: { code: 'UNKNOWN_WORKER' },
    })
    expect((await api.app.inject(`/api/v1/workers/${worker}`)).statusCode).toBe(404)
  }
  expect(api.ingest.appends).toEqual([])
})

test('without a clusterer there are no workers', async () => {
  const api = apiUnderTest()
  api.query.rows.delete('identify-worker')
  api.query.rows.delete('campaign-worker')
  expect((await api.app.inject('/api/v1/workers')).json()).toMatchObject({ workers: [] })
  expect((await tell(api, 'identify', '{"action":"pause"}')).statusCode).toBe(404)
})

test('a log that does not take the command is told apart from success', async () => {
  const api = apiUnderTest()
  api.ingest.failure = new Error('no leader')
  const response = await tell(api, 'identify', '{"action":"pause"}')
  expect([response.statusCode, response.json()]).toMatchObject([
    503,
    { error: { code: 'INGEST_FAILED' } },
  ])
  expect(api.log.join()).toContain('no leader')
})
