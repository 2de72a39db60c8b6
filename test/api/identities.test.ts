import { beforeEach, expect, test } from 'vitest'
import { campaignIdentitiesStore } from '../../state/campaign-rows.ts'
import { identitiesStore } from '../../state/identity-rows.ts'
import { identityMembersStore } from '../../state/attribution-rows.ts'
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.ts'
import { identityRow } from '../support/cluster-rows.ts'

let api: ApiUnderTest

beforeEach(() => {
  api = apiUnderTest()
})

async function get(url: string) {
  const response = await api.app.inject(url)
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

function identity(id: string, given: Parameters<typeof identityRow>[0] = {}): void {
  api.query.store(identitiesStore).set(id, identityRow(given))
}

function member(id: string, attacker: string, firstSeen = 1, updatedTs = 2): void {
  api.query.store(identityMembersStore).set(`${id}\0${attacker}`, { firstSeen, updatedTs })
}

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

test('an identity shows what its attackers have, how many they are and its campaign', async () => {
  const rolledUp = {
    ja3Hashes: ['j1', 'j2'],
    hasshHashes: ['h'],
    tlsCertSha256: ['t'],
    payloadHashes: ['p'],
    c2Endpoints: ['192.0.2.1:443'],
    keystrokeCentroid: '00ff00ff00ff00ff',
  }
  identity('i', { ...rolledUp, attackers: 2, firstSeen: 5, updatedTs: 9 })
  member('i', 'a', 5, 7)
  member('i', 'b', 6, 8)
  api.query.store(campaignIdentitiesStore).set('i', { campaign: 'c' })
  const { status, body } = await get('/api/v1/identities/i')
  expect(status).toBe(200)
  const { meta, ...shown } = body
  expect(shown).toEqual({
    identity_uuid: 'i',
    requested_uuid: 'i',
    first_seen: 5,
    updated_at: 9,
    observation_count_live: 2,
    merged_into: null,
    campaign_uuid: 'c',
    ja3_hashes: ['j1', 'j2'],
    hassh_hashes: ['h'],
    tls_cert_sha256: ['t'],
    payload_hashes: ['p'],
    c2_endpoints: ['192.0.2.1:443'],
    keystroke_centroid: '00ff00ff00ff00ff',
  })
  // Members, the clusterer's row and the campaign's lie in different tasks.
  expect((meta as { positions: object[] }).positions).toHaveLength(3)
})

test('an identity that only attribution knows has no columns of the clusterer', async () => {
  member('i', 'a', 1, 2)
  const { body } = await get('/api/v1/identities/i')
  expect(body).toMatchObject({ identity_uuid: 'i', observation_count_live: 1, ...unclustered })
})

test('an identity that only the clusterer knows is shown', async () => {
  identity('i', { attackers: 3 })
  const { body } = await get('/api/v1/identities/i')
  expect(body).toMatchObject({ identity_uuid: 'i', observation_count_live: 3, first_seen: 1 })
  expect((await get('/api/v1/identities/i/observations')).body).toMatchObject({ data: [] })
})

test('a merged identity answers as the one it is part of, and is not listed', async () => {
  identity('old', { mergedInto: 'between', attackers: 0 })
  identity('between', { mergedInto: 'winner', attackers: 0 })
  identity('winner', { attackers: 2 })
  member('winner', 'a')
  member('winner', 'b')
  api.query.store('attribution-profiles').set('winner\0motor.p', {
    state: 'stable',
    currentValue: 1,
    confidence: 1,
    observationCount: 5,
    lastChangeTs: 10,
    lastObservationTs: 20,
  })
  expect((await get('/api/v1/identities/old')).body).toMatchObject({
    identity_uuid: 'winner',
    requested_uuid: 'old',
    merged_into: null,
    observation_count_live: 2,
  })
  expect((await get('/api/v1/identities/old/observations')).body).toMatchObject({
    data: [{ attacker_uuid: 'a' }, { attacker_uuid: 'b' }],
  })
  expect((await get('/api/v1/identities/old/attribution')).body).toMatchObject({
    identity_uuid: 'winner',
    primitives: [{ primitive: 'motor.p' }],
  })
  expect((await get('/api/v1/identities')).body).toMatchObject({
    total: 1,
    data: [{ identity_uuid: 'winner' }],
  })
})

test('a chain of merges whose end is missing is not found', async () => {
  identity('old', { mergedInto: 'gone' })
  member('old', 'a')
  for (const path of ['', '/observations', '/attribution']) {
    const { status, body } = await get(`/api/v1/identities/old${path}`)
    expect([status, body['error']]).toEqual([
      404,
      { code: 'UNKNOWN_IDENTITY', message: 'no such identity' },
    ])
    expect(body['meta']).toMatchObject({ lag: 0 })
  }
})

test('pointers in a circle end at the eighth row, which tells its own pointer', async () => {
  identity('a', { mergedInto: 'b' })
  identity('b', { mergedInto: 'c' })
  identity('c', { mergedInto: 'a' })
  // a b c a b c a b
  expect((await get('/api/v1/identities/a')).body).toMatchObject({
    identity_uuid: 'b',
    merged_into: 'c',
    requested_uuid: 'a',
  })
  identity('self', { mergedInto: 'self' })
  expect((await get('/api/v1/identities/self')).body).toMatchObject({
    identity_uuid: 'self',
    merged_into: 'self',
  })
})

test('a chain that is too long ends at its eighth row', async () => {
  for (let i = 1; i <= 20; i++) identity(`i${i}`, { mergedInto: i === 20 ? null : `i${i + 1}` })
  expect((await get('/api/v1/identities/i13')).body).toMatchObject({
    identity_uuid: 'i20',
    merged_into: null,
  })
  expect((await get('/api/v1/identities/i1')).body).toMatchObject({
    identity_uuid: 'i8',
    merged_into: 'i9',
  })
})

test('a page of the list has the columns and campaigns of its identities', async () => {
  for (let i = 0; i < 200; i++) {
    identity(`i${i}`, { updatedTs: i, ja3Hashes: [`j${i}`] })
    api.query.store(campaignIdentitiesStore).set(`i${i}`, { campaign: `c${i % 2}` })
  }
  const { body } = await get('/api/v1/identities?limit=100&offset=50')
  const { data, total } = body as { data: Record<string, unknown>[]; total: number }
  expect([total, data.length]).toEqual([200, 100])
  for (const [at, each] of data.entries()) {
    const i = 149 - at
    expect(each).toMatchObject({
      identity_uuid: `i${i}`,
      ja3_hashes: [`j${i}`],
      campaign_uuid: `c${i % 2}`,
    })
  }
})

test('without a clusterer identities are what attribution has', async () => {
  for (const name of [...api.query.rows.keys()]) {
    if (name.startsWith('campaign') || name === identitiesStore) api.query.rows.delete(name)
  }
  member('i', 'a', 1, 2)
  const { body } = await get('/api/v1/identities/i')
  expect(body).toMatchObject({ identity_uuid: 'i', observation_count_live: 1, ...unclustered })
  expect((await get('/api/v1/identities')).body).toMatchObject({
    total: 1,
    data: [{ identity_uuid: 'i', ...unclustered }],
  })
  expect((await get('/api/v1/identities/i/observations')).body).toMatchObject({
    data: [{ attacker_uuid: 'a' }],
  })
  expect((await get('/api/v1/identities/j')).status).toBe(404)
})

test('what was attributed beforehand is waited for where it goes: not at the clusterer', async () => {
  member('i', 'a')
  const { query } = api
  query.inputsOf.set(identitiesStore, ['attacker.observation'])
  query.inputsOf.set(campaignIdentitiesStore, ['attacker.observation'])
  const position = 'identity.observation:0:5'
  const { status } = await get(`/api/v1/identities/i?min_position=${position}`)
  expect(status).toBe(200)
  expect((await get(`/api/v1/identities?min_position=${position}`)).status).toBe(200)
  query.inputsOf.set(identityMembersStore, ['attacker.observation', 'identity.observation'])
  const unknown = await get('/api/v1/identities/i?min_position=other:0:5')
  expect(unknown.status).toBe(400)
})
