import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { apiUnderTest, listen } from '../support/api-under-test.ts'
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
  /** Until so many records are processed and committed. */
  const settled = (records: number) =>
    vi.waitFor(async () => expect(recordsRead(await get('/api/v1/tasks'))).toBe(records), {
      timeout: 20_000,
    })
  return { ...stack, app, url, get, settled }
}

interface Positioned {
  readonly meta: { readonly positions: readonly { inputs: readonly { offset: number }[] }[] }
}

/** How many records of the (dense) inputs an answer holds. */
function recordsRead(answer: object): number {
  const { positions } = (answer as Positioned).meta
  const offsets = positions.flatMap(({ inputs }) => inputs.map(({ offset }) => offset))
  return offsets.reduce((sum, offset) => sum + offset, 0)
}

test('what was uploaded is answered, with the positions of all partitions', async () => {
  const { url, get, settled, start } = await liveApi()
  await start()
  const upload = new RawUpload(url + path, { 'content-encoding': 'gzip' })
  upload.offer(gzipSync(observationLines(3000)))
  expect((await upload.end()).body).toEqual({ accepted: 3000, rejected: 0, errors: [] })
  await settled(3000)
  const list = await get('/api/v1/identities?limit=3')
  expect(list).toMatchObject({
    total: 3000,
    data: ['a0', 'a1', 'a10'].map((identity_uuid) => ({ identity_uuid })),
    meta: { lag: 0 },
  })
  expect((list as unknown as Positioned).meta.positions).toHaveLength(3)
  expect(recordsRead(list)).toBe(3000)
})

test('pages over the tasks of a store hold each row once, in key order', async () => {
  const { url, get, settled, start } = await liveApi()
  await start()
  const upload = new RawUpload(url + path)
  upload.offer(observationLines(250))
  await upload.end()
  await settled(250)
  const seen: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const after: string = next === '' ? '' : `&after=${next}`
    const page = await get(`/api/v1/stores/identity-members?limit=60${after}`)
    const { data, next: following } = page as { data: { key: string[] }[]; next: string | null }
    seen.push(...data.map(({ key }) => key[0]!))
    next = following
  }
  expect(seen).toEqual(Array.from({ length: 250 }, (_, i) => `a${i}`).sort())
})

test('an attacker’s observations are found in the task that its id names', async () => {
  const { url, get, settled, start } = await liveApi()
  await start()
  const value = { deep: [1, 'two', null] }
  const ids = ['атакующий', 'b/c#d', 'e']
  const upload = new RawUpload(url + path)
  upload.offer(ids.map((id) => observationLine(id, { value })).join(''))
  await upload.end()
  await settled(ids.length)
  for (const id of ids) {
    const page = await get(`/api/v1/attackers/${encodeURIComponent(id)}/observations`)
    expect(page).toMatchObject({ data: [{ evidence_ref: `shard:decky/ssh/file#${id}` }] })
    const row = [id, 'motor.keystroke_cadence', `shard:decky/ssh/file#${id}`]
    const key = row.map(encodeURIComponent).join('%00')
    expect(await get(`/api/v1/stores/attacker-observations/keys/${key}`)).toMatchObject({
      key: row,
    })
  }
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
