import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { apiUnderTest, listen, type ApiUnderTest } from '../support/api-under-test.ts'
import { liveStack } from '../support/live-stack.ts'
import type { observationJson } from '../support/observation-lines.ts'
import { observationLine, observationLines } from '../support/observation-lines.ts'
import { RawUpload } from '../support/raw-upload.ts'
import { SseClient } from '../support/sse-client.ts'

const path = '/api/v1/observations'

async function liveApi() {
  const stack = await liveStack()
  const { app } = apiUnderTest({ ...stack })
  const { url } = await listen(app)
  const get = async (route: string) => (await app.inject(route)).json<object>()
  const send = async (lines: string) => {
    const upload = new RawUpload(url + path)
    upload.offer(lines)
    return (await upload.end()).body
  }
  /** Until the route's answer has these parts. */
  const until = (route: string, parts: object) =>
    vi.waitFor(async () => expect(await get(route)).toMatchObject(parts), { timeout: 20_000 })
  return { ...stack, app, url, get, send, until }
}

interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

async function until503IsOver(app: ApiUnderTest['app']): Promise<void> {
  await vi.waitFor(async () => expect((await app.inject('/readyz')).statusCode).toBe(200))
}

interface Positioned {
  readonly meta: {
    readonly positions: readonly { task_id: string; inputs: readonly { topic: string }[] }[]
  }
}

test('what was uploaded is answered, with the positions of all partitions', async () => {
  const { app, get, send, start, until, url } = await liveApi()
  await start()
  const upload = new RawUpload(url + path, { 'content-encoding': 'gzip' })
  upload.offer(gzipSync(observationLines(3000)))
  expect((await upload.end()).body).toMatchObject({ accepted: 3000, rejected: 0, errors: [] })
  await until('/api/v1/identities?limit=1', { total: 3000, meta: { lag: 0 } })
  const { meta } = (await get('/api/v1/identities')) as Positioned
  expect(meta.positions.map(({ task_id }) => task_id)).toEqual(['1_0', '1_1', '1_2'])
  const { identity_uuid } = (await get('/api/v1/attackers/a77/attribution')) as {
    identity_uuid: string
  }
  expect(await get(`/api/v1/identities/${identity_uuid}/observations`)).toMatchObject({
    data: [{ attacker_uuid: 'a77', first_seen: 1_700_000_000 }],
    next: null,
  })
  expect(await get(`/api/v1/identities/${identity_uuid}`)).toMatchObject({
    identity_uuid,
    observation_count_live: 1,
  })
  expect(await send('')).toEqual({ accepted: 0, rejected: 0, errors: [], positions: [] })
  const { headers } = await app.inject(`/api/v1/identities/${identity_uuid}/attribution`)
  expect(headers['x-attribution-lag']).toBe('0')
})

test('hands that change are seen as they change, and stand as an alert', async () => {
  const { get, send, start, until, url } = await liveApi()
  await start()
  await send(observationLine('x', { id: 'first', evidence_ref: 'first' }))
  await until('/api/v1/attackers/x/attribution', { primitives: [{ state: 'unknown' }] })
  const client = (await SseClient.open(`${url}/api/v1/attackers/x/events`)).read()
  const primitives = ['motor.command_chunking', 'motor.keystroke_cadence']
  // The feed finds the end of the log a moment after the stream is opened; repeats change nothing.
  await vi.waitFor(async () => {
    await send(observationLine('x', { id: 'first', evidence_ref: 'first' }))
    expect(client.events.map(({ event }) => event)).toContain('observation')
  })
  const sessions = Array.from({ length: 8 }, (_, i) =>
    primitives.map((primitive) =>
      observationLine('x', {
        id: `${primitive}-${i}`,
        evidence_ref: `session-${i}`,
        ts: 1_700_000_100 + i,
        primitive,
        value: i % 2 === 0 ? 'one hand' : 'another',
      }),
    ),
  )
  await send(sessions.flat().join(''))
  await until('/api/v1/multi-actor', { data: [{ primitives }] })
  const state = 'multi_actor'
  await until('/api/v1/attackers/x/attribution', {
    primitives: primitives.map((primitive) => ({ primitive, state })),
  })
  const suspected = 'attribution.multi_actor_suspected'
  await client.waitFor(() => client.events.some(({ event }) => event === suspected))
  const { identity_uuid } = (await get('/api/v1/attackers/x/attribution')) as {
    identity_uuid: string
  }
  expect(client.events.find(({ event }) => event === suspected)!.data).toMatchObject({
    identity_uuid,
    primitives,
  })
  const changes = client.events.filter(({ event }) => event === 'attribution.state_changed')
  expect(changes.at(-1)!.data).toMatchObject({ identity_uuid, new_state: state })
})

test('pages over the tasks of a store hold each row once, in key order', async () => {
  const { get, send, start, until } = await liveApi()
  await start()
  await send(observationLines(250))
  await until('/api/v1/identities?limit=1', { total: 250 })
  const seen: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const after: string = next === '' ? '' : `&after=${next}`
    const page = await get(`/api/v1/stores/attacker-links?limit=60${after}`)
    const answer = page as { data: { key: string[] }[]; next: string | null }
    seen.push(...answer.data.map(({ key }) => key[0]!))
    next = answer.next
  }
  expect(seen).toEqual(Array.from({ length: 250 }, (_, i) => `a${i}`).sort())
})

test('an attacker’s observations are found in the task that its id names', async () => {
  const { get, send, start, until } = await liveApi()
  await start()
  const value = { deep: [1, 'two', null] }
  const ids = ['атакующий', 'b/c#d', 'e']
  await send(ids.map((id) => observationLine(id, { value })).join(''))
  for (const id of ids) {
    const evidence = `shard:decky/ssh/file#${id}`
    const attacker = `/api/v1/attackers/${encodeURIComponent(id)}`
    await until(`${attacker}/observations`, { data: [{ evidence_ref: evidence, value }] })
    const row = [id, 'motor.keystroke_cadence', evidence]
    const key = row.map(encodeURIComponent).join('%00')
    expect(await get(`/api/v1/stores/attacker-observations/keys/${key}`)).toMatchObject({
      key: row,
      value: { value },
    })
    await until(`${attacker}/attribution`, { primitives: [{ current_value: value }] })
  }
})

test('what an upload answered as positions is what a read must hold', async () => {
  const { app, send, start } = await liveApi()
  await start()
  await until503IsOver(app)
  for (let round = 0; round < 5; round++) {
    const id = `own-${round}`
    const { positions } = (await send(observationLine(id))) as { positions: readonly Place[] }
    const wanted = positions.map((at) => `${at.topic}:${at.partition}:${at.offset}`).join(',')
    const bound = `?min_position=${encodeURIComponent(wanted)}`
    const read = await app.inject(`/api/v1/attackers/${id}/attribution${bound}`)
    expect([read.statusCode, read.json()]).toMatchObject([200, { primitives: [{}] }])
    const { identity_uuid } = read.json<{ identity_uuid: string }>()
    const member = await app.inject(`/api/v1/identities/${identity_uuid}/observations${bound}`)
    expect(member.json()).toMatchObject({ data: [{ attacker_uuid: id }] })
  }
})

test('a position that nothing will reach in time is refused with 503', async () => {
  const { app, start } = await liveApi()
  await start()
  await until503IsOver(app)
  const url = '/api/v1/attackers/x/attribution?min_position=attacker.observation:0:99'
  const { headers, statusCode, ...read } = await app.inject(url)
  expect([statusCode, headers['retry-after']]).toEqual([503, '1'])
  expect(read.json()).toMatchObject({ error: { code: 'BEHIND_BOUND' } })
})

test.each([
  ['attribution.profile.state_changed:0:1', 'does not lead to'],
  ['nowhere:0:1', 'does not lead to'],
  ['attacker.observation:3:1', 'there is no 3'],
])('a position that the store does not follow from is refused: %s', async (position, why) => {
  const { app, start } = await liveApi()
  await start()
  await until503IsOver(app)
  const { statusCode, ...read } = await app.inject(`/api/v1/multi-actor?min_position=${position}`)
  expect([statusCode, read.json()]).toMatchObject([400, { error: { code: 'INVALID_PARAMETER' } }])
  expect(read.body).toContain(why)
})

test('a starting instance says 503, then answers', async () => {
  const { app, start } = await liveApi()
  const starting = await app.inject('/api/v1/identities')
  expect([starting.statusCode, starting.json()]).toMatchObject([
    503,
    { error: { code: 'STORE_NOT_READY' } },
  ])
  expect((await app.inject('/readyz')).statusCode).toBe(503)
  await start()
  await vi.waitFor(async () => expect((await app.inject('/readyz')).statusCode).toBe(200))
  expect((await app.inject('/api/v1/identities')).json()).toMatchObject({ total: 0 })
})

test('a stream shows what is committed to the log, each record once and in order', async () => {
  const { url } = await liveApi()
  const client = (await SseClient.open(`${url}/api/v1/events?types=observation`)).read()
  // The feed starts at the end of the log, found a moment after the stream is opened.
  await vi.waitFor(async () => {
    const upload = new RawUpload(url + path)
    upload.offer(observationLine('probe'))
    await upload.end()
    expect(client.events.length).toBeGreaterThan(0)
  })
  const upload = new RawUpload(url + path)
  for (let i = 0; i < 20; i++) {
    const lines = Array.from({ length: 5 }, (_, j) => observationLine('x', { ts: i * 5 + j }))
    await upload.write(lines.join(''))
  }
  await upload.end()
  const ofX = () =>
    client.events.flatMap(({ data }) => {
      const { attacker_uuid, ts } = data as ReturnType<typeof observationJson>
      return attacker_uuid === 'x' ? [ts] : []
    })
  await client.waitFor(() => ofX().length >= 100)
  expect(ofX()).toEqual(Array.from({ length: 100 }, (_, i) => i))
})
