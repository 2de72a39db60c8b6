import { beforeEach, expect, test } from 'vitest'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.ts'
import { fillFrom } from '../support/clustered-query.ts'
import { fingerprint, IdentifyWorld, profile } from '../topology/identity/identify-world.ts'

let api: ApiUnderTest
const [ofA, ofB, ofC] = ['a', 'b', 'c'].map(stubIdentity) as [string, string, string]

/** Rows that the clusterer made: b joined a, then d did; c stayed alone. */
beforeEach(async () => {
  api = apiUnderTest()
  const world = new IdentifyWorld()
  const fingerprints = [fingerprint('hassh', 'h1')]
  await world.tell(profile('a', { fingerprints, first_seen: 1 }), profile('b', { first_seen: 2 }))
  await world.tell(profile('c', { fingerprints: [fingerprint('hassh', 'h2')], first_seen: 3 }))
  await world.pass()
  await world.tell(profile('b', { fingerprints, first_seen: 2, payload_hashes: ['p'] }))
  await world.pass()
  await world.tell(profile('d', { payload_hashes: ['p'], first_seen: 4 }))
  await world.pass()
  await fillFrom(world, api.query)
})

async function get(url: string) {
  const response = await api.app.inject(url)
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

test('an identity is explained by what its attackers share, its pairs and its history', async () => {
  const { status, body } = await get(`/api/v1/identities/${ofA}/explain`)
  expect(status).toBe(200)
  const shared = { phase: null, generic: false }
  const score = { medium: 0, low: 0, very_low: 0 }
  expect(body).toMatchObject({ identity_uuid: ofA, requested_uuid: ofA, pair: null })
  expect(body['identity']).toEqual({
    attackers: 3,
    attackers_explained: ['a', 'b', 'd'],
    evidence: [
      { tier: 'high', kind: 'hassh', value: 'h1', ...shared, holders: 2, holders_in_all: 2 },
      { tier: 'high', kind: 'payload', value: 'p', ...shared, holders: 2, holders_in_all: 2 },
    ],
    evidence_left_out: 0,
    pairs_are: 'all',
    pairs: [
      {
        attackers: ['a', 'b'],
        scores: { high: 1, ...score },
        combined: 1,
        joined_by: [{ kind: 'hassh', value: 'h1', ...shared }],
        veto: [],
      },
      {
        attackers: ['a', 'd'],
        scores: { high: 0, ...score },
        combined: 0,
        joined_by: [],
        veto: [],
      },
      {
        attackers: ['b', 'd'],
        scores: { high: 1, ...score },
        combined: 1,
        joined_by: [{ kind: 'payload', value: 'p', ...shared }],
        veto: [],
      },
    ],
    history: [
      { ts: expect.any(Number) as number, type: 'formed', other_uuid: null },
      { ts: expect.any(Number) as number, type: 'gained', other_uuid: ofB },
      { ts: expect.any(Number) as number, type: 'linked', other_uuid: 'd' },
    ],
  })
})

test('a merged identity is explained as the one it is part of', async () => {
  const { body } = await get(`/api/v1/identities/${ofB}/explain`)
  expect(body).toMatchObject({
    identity_uuid: ofA,
    requested_uuid: ofB,
    identity: { attackers: 3 },
  })
})

test('two attackers, of whichever identities, are told what joins them or keeps them apart', async () => {
  const joined = await get(`/api/v1/identities/${ofA}/explain?attackers=d,a`)
  expect(joined.body).toMatchObject({
    identity: null,
    pair: {
      attackers: ['d', 'a'],
      identities: [ofA, ofA],
      combined: 0,
      joined_by: [],
      chain: [
        { attackers: ['d', 'b'], joined_by: [{ kind: 'payload', value: 'p' }] },
        { attackers: ['b', 'a'], joined_by: [{ kind: 'hassh', value: 'h1' }] },
      ],
      chain_incomplete: false,
    },
  })
  const apart = await get(`/api/v1/identities/${ofA}/explain?attackers=a,c`)
  expect(apart.body['pair']).toMatchObject({
    identities: [ofA, ofC],
    tiers: [
      { tier: 'high', score: 0, weight: 1, shared: [] },
      { tier: 'medium', score: 0, weight: 0.6 },
      { tier: 'low', score: 0, weight: 0.2 },
      { tier: 'very_low', score: 0, weight: 0.05 },
    ],
    edge_weight_min: 1,
    veto: [{ kind: 'hassh', values: ['h1', 'h2'] }],
    chain: null,
    chain_incomplete: false,
  })
})

test('who is not known is said', async () => {
  const pair = await get(`/api/v1/identities/${ofA}/explain?attackers=a,nobody`)
  expect([pair.status, pair.body['error']]).toEqual([
    404,
    { code: 'UNKNOWN_ATTACKER', message: 'the clusterer does not know nobody' },
  ])
  const unknown = await get('/api/v1/identities/nobody/explain')
  expect([unknown.status, unknown.body]).toMatchObject([
    404,
    { error: { code: 'UNKNOWN_IDENTITY' } },
  ])
  // Attributed beforehand: no clusterer knows it.
  api.query.store('identity-members').set('foreign\0x', { firstSeen: 1, updatedTs: 1 })
  expect((await get('/api/v1/identities/foreign/explain')).status).toBe(404)
})

test('two attackers must be two', async () => {
  for (const attackers of ['a', 'a,b,c', ',a', 'a,', '', 'a,a', 'a,%00', `a,${'x'.repeat(129)}`]) {
    const { status, body } = await get(`/api/v1/identities/${ofA}/explain?attackers=${attackers}`)
    expect([attackers, status, body]).toMatchObject([
      attackers,
      400,
      { error: { code: 'INVALID_PARAMETER' } },
    ])
  }
})

test('without a clusterer it is said that there is none', async () => {
  api.query.rows.delete('identities')
  const { status, body } = await get(`/api/v1/identities/${ofA}/explain`)
  expect([status, body]).toMatchObject([404, { error: { code: 'UNKNOWN_STORE' } }])
})
