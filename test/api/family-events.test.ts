import { expect, test, vi } from 'vitest'
import { apiUnderTest, listen } from '../support/api-under-test.ts'
import { campaignRow, identityRow } from '../support/cluster-rows.ts'
import { SseClient } from '../support/sse-client.ts'

const identityEvents = [
  ['identity.formed', 'formed', { identity_uuid: 'i', observation_uuids: ['a'] }],
  ['identity.observation.linked', 'observation.linked', { identity_uuid: 'i' }],
  ['identity.merged', 'merged', { winner_uuid: 'i', loser_uuid: 'j' }],
  ['identity.unmerged', 'unmerged', { resurrected_uuid: 'j', former_winner_uuid: 'i' }],
  ['identity.campaign.assigned', 'campaign.assigned', { campaign_uuid: 'c', identity_uuid: 'i' }],
] as const

const campaignEvents = [
  ['campaign.formed', 'formed', { campaign_uuid: 'c', identity_uuids: ['i'] }],
  ['campaign.identity.assigned', 'identity.assigned', { campaign_uuid: 'c', identity_uuid: 'i' }],
  ['campaign.merged', 'merged', { winner_uuid: 'c', loser_uuid: 'd' }],
  ['campaign.unmerged', 'unmerged', { resurrected_uuid: 'd', former_winner_uuid: 'c' }],
] as const

const all = [...identityEvents, ...campaignEvents]

test.each([
  ['identities', identityEvents],
  ['campaigns', campaignEvents],
] as const)('the stream of %s has its own events, named without the family', async (path, own) => {
  const { app, feed } = apiUnderTest()
  const { url } = await listen(app)
  const client = (await SseClient.open(`${url}/api/v1/${path}/events`)).read()
  await client.until(1)
  for (const [topic, , record] of all) feed.publish(topic, record)
  feed.publish('attacker.scored', { attacker_uuid: 'a' })
  const events = await client.until(1 + own.length)
  expect(events.slice(1).map(({ data, event }) => [event, data])).toEqual(
    own.map(([, name, record]) => [name, record]),
  )
})

test('everything that happens to identities and campaigns is among all events, or asked for', async () => {
  const { app, feed } = apiUnderTest()
  const { url } = await listen(app)
  const everything = (await SseClient.open(`${url}/api/v1/events`)).read()
  const types = 'identity.merged,campaign.unmerged'
  const some = (await SseClient.open(`${url}/api/v1/events?types=${types}`)).read()
  // Written out once, and yet each stream has its own name for it.
  const family = (await SseClient.open(`${url}/api/v1/identities/events`)).read()
  await family.until(1)
  for (const [topic, , record] of all) feed.publish(topic, record)
  expect((await everything.until(all.length)).map(({ event }) => event)).toEqual(
    all.map(([topic]) => topic),
  )
  expect((await some.until(2)).map(({ event }) => event)).toEqual(types.split(','))
  expect((await family.until(6))[3]).toMatchObject({ event: 'merged', id: 'identity.merged:0:2' })
})

test('the snapshot has the newest identities first, without those that were merged', async () => {
  const { app, query } = apiUnderTest()
  const identities = query.store('identities')
  identities.set('i', identityRow({ attacker: 'a', updatedTs: 5, hasshHashes: ['h'] }))
  identities.set('j', identityRow({ attacker: 'b', updatedTs: 9, attackers: 2 }))
  identities.set('k', identityRow({ attacker: 'c', mergedInto: 'j', attackers: 0 }))
  query.store('campaign-identities').set('j', { campaign: 'c' })
  const { url } = await listen(app)
  const client = (await SseClient.open(`${url}/api/v1/identities/events`)).read()
  expect(await client.until(1)).toMatchObject([
    {
      event: 'snapshot',
      data: {
        total: 2,
        identities: [
          { identity_uuid: 'j', observation_count_live: 2, campaign_uuid: 'c' },
          { identity_uuid: 'i', hassh_hashes: ['h'], campaign_uuid: null },
        ],
        truncated: false,
        meta: { lag: 0 },
      },
    },
  ])
})

test('the snapshot of campaigns holds 1,000 and says that there are more', async () => {
  const { app, query } = apiUnderTest()
  for (let i = 0; i < 1_001; i++) {
    query.store('campaigns').set(`c${i}`, campaignRow({ updatedTs: i }))
  }
  const { url } = await listen(app)
  const client = (await SseClient.open(`${url}/api/v1/campaigns/events`)).read()
  const [snapshot] = await client.until(1)
  const { campaigns, ...rest } = snapshot!.data as { campaigns: { campaign_uuid: string }[] }
  expect(campaigns.map(({ campaign_uuid }) => campaign_uuid).slice(0, 2)).toEqual(['c1000', 'c999'])
  expect(campaigns).toHaveLength(1_000)
  expect(rest).toMatchObject({ total: 1_001, truncated: true })
})

test('nothing falls between the snapshot and the events', async () => {
  const { app, feed, query } = apiUnderTest()
  query.store('campaigns').set('c', campaignRow())
  const { url } = await listen(app)
  const scan = query.scan.bind(query)
  query.scan = (async (...args: Parameters<typeof scan>) => {
    const answer = await scan(...args)
    feed.publish('campaign.formed', { campaign_uuid: 'd', identity_uuids: [] })
    return answer
  }) as typeof query.scan
  const client = (await SseClient.open(`${url}/api/v1/campaigns/events`)).read()
  expect((await client.until(2)).map(({ event }) => event)).toEqual(['snapshot', 'formed'])
})

test('a list kept from before is no snapshot: it would lack what came since', async () => {
  let nowMs = 0
  const { app, feed, query } = apiUnderTest({ clock: () => nowMs })
  const scan = query.scan.bind(query)
  query.scan = (...args: Parameters<typeof scan>) => {
    nowMs += 100
    return scan(...args)
  }
  await app.inject('/api/v1/campaigns')
  const refused = await app.inject('/api/v1/campaigns/events')
  expect([refused.statusCode, refused.json()]).toMatchObject([
    503,
    { error: { code: 'STORE_NOT_READY' } },
  ])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  await vi.waitFor(() => expect(feed.subscriptions.size).toBe(0))
})

test('without a clusterer there is no stream of campaigns', async () => {
  const { app, feed, query } = apiUnderTest()
  query.rows.delete('campaigns')
  expect((await app.inject('/api/v1/campaigns/events')).statusCode).toBe(404)
  await vi.waitFor(() => expect(feed.subscriptions.size).toBe(0))
})

test('an attacker is not told of identities that happen to have its id', async () => {
  const { app, feed } = apiUnderTest()
  const { url } = await listen(app)
  const client = (await SseClient.open(`${url}/api/v1/attackers/a/events`)).read()
  await client.until(1)
  feed.publish('identity.formed', { identity_uuid: 'a', attacker_uuid: 'a' })
  feed.publish('attacker.scored', { attacker_uuid: 'a' })
  expect((await client.until(2)).map(({ event }) => event)).toEqual(['snapshot', 'attacker.scored'])
})
