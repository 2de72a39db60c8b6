import { beforeEach, expect, test } from 'vitest'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.ts'

let api: ApiUnderTest

/** The columns of an identity that no clusterer knows. */
const unclustered = {
  merged_into: null,
  campaign_uuid: null,
  ja3_hashes: null,
  hassh_hashes: null,
  tls_cert_sha256: null,
  payload_hashes: null,
  c2_endpoints: null,
  keystroke_centroid: null,
}

beforeEach(() => {
  api = apiUnderTest()
})

async function get(url: string) {
  const response = await api.app.inject(url)
  return { status: response.statusCode, headers: response.headers, body: response.json<never>() }
}

const meta = (store: number, lag = 0) => ({
  task_id: `${store}_0`,
  role: 'active',
  inputs: [{ topic: 'attacker.observation', partition: 0, offset: 7 + store }],
  lag,
  stale: false,
  staleness_ms: 0,
})
const fresh = { stale: false, staleness_ms: 0, missing: [] }

function link(attacker: string, identity: string, root = identity): void {
  api.query.store('attacker-links').set(attacker, { identity, root, firstSeen: 1 })
}

function profile(identity: string, primitive: string, fields: object = {}): void {
  api.query.store('attribution-profiles').set(`${identity}\0${primitive}`, {
    state: 'stable',
    currentValue: 'bursty',
    confidence: 1,
    observationCount: 5,
    lastChangeTs: 10,
    lastObservationTs: 20,
    ...fields,
  })
}

function member(identity: string, attacker: string, firstSeen: number, updatedTs: number): void {
  api.query
    .store('identity-members')
    .set(`${identity}\0${attacker}`, { firstSeen, updatedTs, linkedTs: 3 })
}

test('an attacker has the primitives of its identity, sorted, and both positions', async () => {
  link('a', 'id')
  profile('id', 'motor.b', { currentValue: new StructuredValue('{"x":[1]}') })
  profile('id', 'motor.a', { currentValue: null, state: 'unknown', confidence: 0 })
  profile('idx', 'motor.c')
  api.query.lag = 3
  const { status, headers, body } = await get('/api/v1/attackers/a/attribution')
  expect(status).toBe(200)
  expect(body).toEqual({
    identity_uuid: 'id',
    primitives: [
      {
        primitive: 'motor.a',
        current_value: null,
        state: 'unknown',
        confidence: 0,
        observation_count: 5,
        last_change_ts: 10,
        last_observation_ts: 20,
      },
      {
        primitive: 'motor.b',
        current_value: { x: [1] },
        state: 'stable',
        confidence: 1,
        observation_count: 5,
        last_change_ts: 10,
        last_observation_ts: 20,
      },
    ],
    truncated: false,
    meta: { positions: [meta(0, 3), meta(2, 3)], lag: 6, ...fresh },
  })
  expect(headers['x-attribution-lag']).toBe('6')
})

test('an attacker of a merged identity shows its literal link and the pooled primitives', async () => {
  link('a', 'old', 'winner')
  profile('winner', 'motor.a')
  const { body } = await get('/api/v1/attackers/a/attribution')
  expect(body).toMatchObject({ identity_uuid: 'old', primitives: [{ primitive: 'motor.a' }] })
})

test('an attacker never observed has no identity', async () => {
  const { status, body } = await get('/api/v1/attackers/nobody/attribution')
  expect(status).toBe(200)
  expect(body).toMatchObject({ identity_uuid: null, primitives: [], meta: { lag: 0 } })
})

test('observations come in pages that neither repeat nor hide rows', async () => {
  const rows = api.query.store('attacker-observations')
  for (let i = 0; i < 7; i++) {
    rows.set(`a\0motor.p\0ref-${i}`, { ts: i, seq: i, value: i % 2 === 0, confidence: 0.5 })
  }
  rows.set('b\0motor.p\0ref', { ts: 1, seq: 1, value: 1, confidence: 0.5 })
  const seen: string[] = []
  let after = ''
  for (let page = 0; page < 3; page++) {
    const { body } = await get(`/api/v1/attackers/a/observations?limit=3${after}`)
    const { data, next } = body as { data: { evidence_ref: string }[]; next: string | null }
    seen.push(...data.map(({ evidence_ref }) => evidence_ref))
    expect(next === null).toBe(page === 2)
    after = `&after=${next ?? ''}`
    // A row that appears before the place reached is not seen twice, nor does it shift others.
    rows.set(`a\0motor.p\0ref-${page}-late`, { ts: 9, seq: 9, value: null, confidence: 1 })
  }
  expect(seen.filter((ref) => !ref.includes('late'))).toEqual(
    [0, 1, 2, 3, 4, 5, 6].map((i) => `ref-${i}`),
  )
  expect(new Set(seen).size).toBe(seen.length)
})

test('a cursor of another list is refused', async () => {
  const cursor = Buffer.from('b\0motor.p\0ref', 'latin1').toString('base64url')
  for (const after of [cursor, 'A', 'AA-_x']) {
    const { status, body } = await get(`/api/v1/attackers/a/observations?after=${after}`)
    expect([status, body]).toMatchObject([400, { error: { code: 'INVALID_CURSOR' } }])
  }
})

test('identities are listed newest update first, a member counted each', async () => {
  member('x', 'a1', 5, 50)
  member('x', 'a2', 3, 70)
  member('y', 'a3', 1, 90)
  member('z', 'a4', 1, 60)
  const { body } = await get('/api/v1/identities?limit=2&offset=1')
  expect(body).toEqual({
    total: 3,
    limit: 2,
    offset: 1,
    data: [
      {
        identity_uuid: 'x',
        first_seen: 3,
        updated_at: 70,
        observation_count_live: 2,
        ...unclustered,
      },
      {
        identity_uuid: 'z',
        first_seen: 1,
        updated_at: 60,
        observation_count_live: 1,
        ...unclustered,
      },
    ],
    meta: { positions: [meta(3), meta(5), meta(10)], lag: 0, ...fresh },
  })
})

test('an identity has its row, its attackers and its primitives, or is unknown', async () => {
  member('x', 'a1', 5, 50)
  member('x', 'a2', 3, 70)
  member('xy', 'a9', 1, 1)
  profile('x', 'motor.a')
  expect((await get('/api/v1/identities/x')).body).toEqual({
    identity_uuid: 'x',
    first_seen: 3,
    updated_at: 70,
    observation_count_live: 2,
    requested_uuid: 'x',
    ...unclustered,
    meta: { positions: [meta(5), meta(3), meta(10)], lag: 0, ...fresh },
  })
  expect((await get('/api/v1/identities/x/observations')).body).toMatchObject({
    data: [
      { attacker_uuid: 'a1', first_seen: 5, updated_at: 50 },
      { attacker_uuid: 'a2', first_seen: 3, updated_at: 70 },
    ],
    next: null,
  })
  expect((await get('/api/v1/identities/x/attribution')).body).toMatchObject({
    identity_uuid: 'x',
    primitives: [{ primitive: 'motor.a' }],
  })
  expect((await get('/api/v1/identities/xy/attribution')).body).toMatchObject({ primitives: [] })
  for (const path of ['', '/observations', '/attribution']) {
    const { status, body } = await get(`/api/v1/identities/nobody${path}`)
    expect([status, body]).toMatchObject([404, { error: { code: 'UNKNOWN_IDENTITY' } }])
  }
})

test('only standing alerts are listed, a page at a time', async () => {
  const windows = api.query.store('multi-actor-windows')
  const entries = [
    { primitive: 'motor.a', entryTs: 5 },
    { primitive: 'motor.b', entryTs: 9 },
    { primitive: 'motor.c', entryTs: 99 },
  ]
  for (let i = 0; i < 2500; i++) {
    const id = `i${String(i).padStart(4, '0')}`
    windows.set(id, { entries, announced: i % 1000 === 7 ? ['motor.a', 'motor.b'] : [] })
  }
  const first = (await get('/api/v1/multi-actor?limit=2')).body as { next: string }
  expect(first).toMatchObject({
    data: [
      { identity_uuid: 'i0007', primitives: ['motor.a', 'motor.b'], since_ts: 9 },
      { identity_uuid: 'i1007', primitives: ['motor.a', 'motor.b'], since_ts: 9 },
    ],
  })
  const second = (await get(`/api/v1/multi-actor?limit=2&after=${first.next}`)).body
  expect(second).toMatchObject({ data: [{ identity_uuid: 'i2007' }], next: null })
})

test('a search for alerts ends with a cursor when it has examined its share', async () => {
  api = apiUnderTest({ limits: { rowsExaminedMax: 1000 } })
  const windows = api.query.store('multi-actor-windows')
  for (let i = 0; i < 1500; i++) {
    const announced = i === 1400 ? ['motor.a', 'motor.b'] : []
    windows.set(`i${String(i).padStart(4, '0')}`, { entries: [], announced })
  }
  const first = (await get('/api/v1/multi-actor')).body as { data: []; next: string }
  expect(first.data).toEqual([])
  const second = (await get(`/api/v1/multi-actor?after=${first.next}`)).body
  expect(second).toMatchObject({ data: [{ identity_uuid: 'i1400', since_ts: null }], next: null })
})

test('a store that restores gives 503 and says when to ask again', async () => {
  api.query.notReady.add('attacker-links')
  const { status, headers, body } = await get('/api/v1/attackers/a/attribution')
  expect([status, headers['retry-after']]).toEqual([503, '1'])
  expect(body).toMatchObject({ error: { code: 'STORE_NOT_READY' } })
})

test('ids beyond ASCII are found by their UTF-8', async () => {
  const id = 'атакующий-😈'
  link(Buffer.from(id).toString('latin1'), 'id')
  const { body } = await get(`/api/v1/attackers/${encodeURIComponent(id)}/attribution`)
  expect(body).toMatchObject({ identity_uuid: 'id' })
})
