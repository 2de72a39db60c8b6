import { expect, test, vi } from 'vitest'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { apiUnderTest, listen } from '../support/api-under-test.ts'
import { observationJson } from '../support/observation-lines.ts'
import { SseClient } from '../support/sse-client.ts'

const stateChanged = (identity: string, fields: object = {}) => ({
  identity_uuid: identity,
  primitive: 'motor.p',
  old_state: null,
  new_state: 'stable',
  current_value: 'x',
  confidence: 1,
  observation_count: 5,
  ts: 1,
  cause: 'observation',
  ...fields,
})

const changed = 'attribution.profile.state_changed'

test('streams committed records by type, with their place in the log', async () => {
  const { app, feed } = apiUnderTest()
  const { url } = await listen(app)
  const client = (await SseClient.open(`${url}/api/v1/events`)).read()
  expect(client.response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
  expect(client.response.headers['cache-control']).toContain('no-cache')
  feed.publish('attacker.observation', {
    ...observationJson('a'),
    value: new StructuredValue('{"k":[1,"two"]}'),
  })
  feed.publish('attacker.scored', { attacker_uuid: 'a', score: 3 })
  feed.publish('attacker.fingerprint_rotated', { attacker_uuid: 'a', rotation_count: 1 })
  feed.publish(changed, stateChanged('i'))
  const alert = { identity_uuid: 'i', primitives: ['a.b', 'a.c'], ts: 9 }
  feed.publish('attribution.profile.multi_actor_suspected', alert)
  feed.publish('attribution.profile.multi_actor_cleared', alert)
  const events = await client.until(6)
  expect(events.map(({ event, id }) => [event, id])).toEqual([
    ['observation', 'attacker.observation:0:0'],
    ['attacker.scored', 'attacker.scored:0:1'],
    ['fingerprint.rotated', 'attacker.fingerprint_rotated:0:2'],
    ['attribution.state_changed', `${changed}:0:3`],
    ['attribution.multi_actor_suspected', 'attribution.profile.multi_actor_suspected:0:4'],
    ['attribution.multi_actor_cleared', 'attribution.profile.multi_actor_cleared:0:5'],
  ])
  expect(events[0]!.data).toEqual({ ...observationJson('a'), value: { k: [1, 'two'] } })
  expect(events[3]!.data).toEqual(stateChanged('i'))
})

test('streams only the types asked for, and refuses others', async () => {
  const { app, feed } = apiUnderTest()
  const { url } = await listen(app)
  const types = 'attacker.scored,attribution.state_changed'
  const client = (await SseClient.open(`${url}/api/v1/events?types=${types}`)).read()
  feed.publish('attacker.observation', observationJson('a'))
  feed.publish(changed, stateChanged('i'))
  expect((await client.until(1)).map(({ event }) => event)).toEqual(['attribution.state_changed'])
  for (const bad of ['nothing', 'toString', 'attacker.scored,', '__proto__']) {
    const response = await app.inject(`/api/v1/events?types=${bad}`)
    expect([bad, response.statusCode]).toEqual([bad, 400])
  }
})

test('text that looks like the end of an event stays in its data', async () => {
  const { app, feed } = apiUnderTest()
  const { url } = await listen(app)
  const client = (await SseClient.open(`${url}/api/v1/events`)).read()
  const value = 'x\n\nevent: forged\ndata: {}\r\n\r\u2028'
  feed.publish('attacker.observation', observationJson('a', { value }))
  feed.publish('attacker.observation', observationJson('b'))
  const events = await client.until(2)
  expect(events.map(({ data }) => (data as { value: string }).value)).toEqual([value, 'bursty'])
})

test('an attacker’s stream starts with a snapshot, then has what concerns it', async () => {
  const { app, feed, query } = apiUnderTest()
  query.store('attacker-links').set('a', { identity: 'ia', root: 'ra', firstSeen: 1 })
  const row = { ts: 5, seq: 1, value: 'steady', confidence: 0.5 }
  query.store('attacker-observations').set('a\0motor.p\0ref', row)
  const { url } = await listen(app)
  const client = (await SseClient.open(`${url}/api/v1/attackers/a/events`)).read()
  await client.until(1)
  // Fixed when opened: a later link does not change what is followed.
  query.store('attacker-links').set('a', { identity: 'new', root: 'new', firstSeen: 1 })
  feed.publish('attacker.observation', observationJson('b'))
  feed.publish('attacker.observation', observationJson('a'))
  feed.publish(changed, stateChanged('other'))
  feed.publish(changed, stateChanged('new'))
  feed.publish(changed, stateChanged('ia'))
  feed.publish(changed, stateChanged('ra'))
  feed.publish('attacker.scored', { attacker_uuid: 'a' })
  feed.publish('attacker.scored', null)
  const events = await client.until(5)
  expect(events.map(({ event }) => event)).toEqual([
    'snapshot',
    'observation',
    'attribution.state_changed',
    'attribution.state_changed',
    'attacker.scored',
  ])
  expect(events[0]!.data).toMatchObject({
    attacker_uuid: 'a',
    observations: [{ primitive: 'motor.p', evidence_ref: 'ref', ...row }],
    truncated: false,
    meta: { lag: 0 },
  })
})

test('nothing falls between the snapshot and the events', async () => {
  const { app, feed, query } = apiUnderTest()
  const { url } = await listen(app)
  const scan = query.scan.bind(query)
  query.scan = (async (...args: Parameters<typeof scan>) => {
    const answer = await scan(...args)
    feed.publish('attacker.observation', observationJson('a'))
    return answer
  }) as typeof query.scan
  const client = (await SseClient.open(`${url}/api/v1/attackers/a/events`)).read()
  const events = await client.until(2)
  expect(events.map(({ event }) => event)).toEqual(['snapshot', 'observation'])
})

test('a stream that cannot have its snapshot is refused and leaves nothing behind', async () => {
  const { app, feed, query } = apiUnderTest()
  query.notReady.add('attacker-observations')
  const response = await app.inject('/api/v1/attackers/a/events')
  expect(response.statusCode).toBe(503)
  await vi.waitFor(() => expect(feed.subscriptions.size).toBe(0))
})

test('a client that never reads costs a bounded queue and is told what it missed', async () => {
  const limits = { eventQueueMax: 16, eventKeepAliveMs: 60_000 }
  const { app, feed } = apiUnderTest({ limits })
  const { url } = await listen(app)
  const client = await SseClient.open(`${url}/api/v1/events`)
  const value = 'v'.repeat(8000)
  const sent = 5000
  for (let i = 0; i < sent; i++) {
    feed.publish('attacker.observation', observationJson(`a${i}`, { value }))
    if (i % 100 === 0) await new Promise(setImmediate)
  }
  client.read()
  const missed = () =>
    client.events
      .filter(({ event }) => event === 'overflow')
      .map(({ data }) => (data as { dropped: number }).dropped)
  const dropped = () => missed().reduce((sum, count) => sum + count, 0)
  // Every event is either received or counted as missed, none both.
  await client.waitFor(() => client.events.length - missed().length + dropped() === sent)
  expect(dropped()).toBeGreaterThan(0)
  feed.publish('attacker.observation', observationJson('after'))
  await client.waitFor(() => client.events.at(-1)?.id === `attacker.observation:0:${sent}`)
  const metrics = await app.inject('/metrics')
  expect(metrics.body).toContain(`attribution_http_events_dropped_total ${dropped()}`)
})

test('a quiet stream is kept alive by comments', async () => {
  const { app } = apiUnderTest({ limits: { eventKeepAliveMs: 10 } })
  const { url } = await listen(app)
  const client = (await SseClient.open(`${url}/api/v1/events`)).read()
  await client.waitFor(() => client.comments >= 3)
  expect(client.events).toEqual([])
})

test('a client that takes nothing for long is disconnected', async () => {
  const limits = { eventKeepAliveMs: 10, eventStallTimeoutMs: 100, eventQueueMax: 4 }
  const { app, feed } = apiUnderTest({ limits })
  const { url } = await listen(app)
  await SseClient.open(`${url}/api/v1/events`)
  const value = 'v'.repeat(8000)
  await vi.waitFor(
    async () => {
      for (let i = 0; i < 200; i++) {
        feed.publish('attacker.observation', observationJson('a', { value }))
        if (i % 20 === 0) await new Promise(setImmediate)
      }
      expect(feed.subscriptions.size).toBe(0)
    },
    { timeout: 20_000 },
  )
})

test('a client that leaves is forgotten', async () => {
  const { app, feed } = apiUnderTest()
  const { url } = await listen(app)
  const client = await SseClient.open(`${url}/api/v1/events`)
  expect(feed.subscriptions.size).toBe(1)
  client.disconnect()
  await vi.waitFor(() => expect(feed.subscriptions.size).toBe(0))
  const metrics = await app.inject('/metrics')
  expect(metrics.body).toContain('attribution_http_event_streams 0')
})

test('so many streams and no more', async () => {
  const { app } = apiUnderTest({ limits: { eventStreamsMax: 2 } })
  const { url } = await listen(app)
  const first = await SseClient.open(`${url}/api/v1/events`)
  await SseClient.open(`${url}/api/v1/events`)
  const refused = await SseClient.open(`${url}/api/v1/events`)
  expect(refused.response.statusCode).toBe(429)
  first.disconnect()
  await vi.waitFor(async () => {
    const next = await SseClient.open(`${url}/api/v1/events`)
    expect(next.response.statusCode).toBe(200)
  })
})

test('close ends streams, of clients that read and of those that do not', async () => {
  const { app, feed } = apiUnderTest()
  const { url } = await listen(app)
  const reads = (await SseClient.open(`${url}/api/v1/events`)).read()
  await SseClient.open(`${url}/api/v1/events`)
  feed.publish('attacker.scored', { attacker_uuid: 'last' })
  for (let i = 0; i < 1000; i++) {
    feed.publish('attacker.observation', observationJson('a', { value: 'v'.repeat(8000) }))
    if (i % 100 === 0) await new Promise(setImmediate)
  }
  await app.close()
  await reads.untilEnd()
  expect(reads.events[0]!.event).toBe('attacker.scored')
  expect(feed.subscriptions.size).toBe(0)
})
