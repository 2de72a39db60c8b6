import { beforeEach, expect, test } from 'vitest'
import { campaignMembersStore, campaignsStore } from '../../state/campaign-rows.ts'
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.ts'
import { campaignRow } from '../support/cluster-rows.ts'

let api: ApiUnderTest

beforeEach(() => {
  api = apiUnderTest()
})

async function get(url: string) {
  const response = await api.app.inject(url)
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

function campaign(id: string, given: Parameters<typeof campaignRow>[0] = {}): void {
  api.query.store(campaignsStore).set(id, campaignRow(given))
}

test('campaigns are listed newest update first, without those merged into others', async () => {
  campaign('older', { updatedTs: 5, identities: 2, firstSeen: 1 })
  campaign('newer', { updatedTs: 6 })
  campaign('merged', { updatedTs: 9, mergedInto: 'newer', identities: 0 })
  const { status, body } = await get('/api/v1/campaigns')
  expect(status).toBe(200)
  expect(body).toMatchObject({ total: 2, limit: 50, offset: 0, meta: { lag: 0 } })
  expect(body['data']).toEqual([
    {
      campaign_uuid: 'newer',
      first_seen: 1,
      updated_at: 6,
      identity_count_live: 1,
      merged_into: null,
    },
    {
      campaign_uuid: 'older',
      first_seen: 1,
      updated_at: 5,
      identity_count_live: 2,
      merged_into: null,
    },
  ])
  const page = await get('/api/v1/campaigns?limit=1&offset=1')
  expect(page.body).toMatchObject({ total: 2, data: [{ campaign_uuid: 'older' }] })
})

test('a merged campaign answers as the one it is part of', async () => {
  campaign('old', { mergedInto: 'winner', identities: 0 })
  campaign('winner', { identities: 2 })
  const members = api.query.store(campaignMembersStore)
  members.set('winner\0i1', { firstSeen: 1 })
  members.set('winner\0i2', { firstSeen: 2 })
  members.set('winner2\0i3', { firstSeen: 3 })
  expect((await get('/api/v1/campaigns/old')).body).toMatchObject({
    campaign_uuid: 'winner',
    requested_uuid: 'old',
    identity_count_live: 2,
    merged_into: null,
  })
  expect((await get('/api/v1/campaigns/old/identities')).body).toMatchObject({
    data: [
      { identity_uuid: 'i1', first_seen: 1 },
      { identity_uuid: 'i2', first_seen: 2 },
    ],
    next: null,
  })
  const first = await get('/api/v1/campaigns/winner/identities?limit=1')
  expect(first.body['data']).toHaveLength(1)
  const next = await get(
    `/api/v1/campaigns/winner/identities?limit=1&after=${String(first.body['next'])}`,
  )
  expect(next.body).toMatchObject({ data: [{ identity_uuid: 'i2' }], next: null })
})

test('an unknown campaign, and a chain of merges that ends nowhere, are not found', async () => {
  campaign('old', { mergedInto: 'gone' })
  for (const path of ['old', 'nobody', 'old/identities', 'nobody/identities']) {
    const { status, body } = await get(`/api/v1/campaigns/${path}`)
    expect([status, body['error']]).toEqual([
      404,
      { code: 'UNKNOWN_CAMPAIGN', message: 'no such campaign' },
    ])
  }
})

test('pointers in a circle end at the eighth row', async () => {
  campaign('a', { mergedInto: 'b' })
  campaign('b', { mergedInto: 'a' })
  expect((await get('/api/v1/campaigns/a')).body).toMatchObject({
    campaign_uuid: 'b',
    merged_into: 'a',
  })
})

test('without a clusterer it is said that there is none', async () => {
  api.query.rows.delete(campaignsStore)
  for (const path of ['', '/c', '/c/identities']) {
    const { status, body } = await get(`/api/v1/campaigns${path}`)
    expect(status).toBe(404)
    expect(body['error']).toMatchObject({
      code: 'UNKNOWN_STORE',
      message: expect.stringMatching(/IDENTITY_CLUSTERER/) as string,
    })
  }
})
