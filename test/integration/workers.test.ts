import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  removeFolder,
  startInstance,
  temporaryFolder,
  type RunningInstance,
} from '../support/running-instance.ts'
import { SseClient } from '../support/sse-client.ts'

/** So long nothing must happen: several times what a pass waits. */
const SETTLED_MS = 1_500
const PATIENCE = { timeout: 15_000 }

let folder: string
let instance: RunningInstance
beforeAll(async () => {
  folder = await temporaryFolder()
  instance = await startInstance(path.join(folder, 'workers'))
})
afterAll(async () => {
  await instance.stop()
  await removeFolder(folder)
})

interface Worker {
  readonly worker: string
  readonly status: string
  readonly told: { readonly action: string } | null
  readonly passes: number
  readonly pending: number
  readonly members: number
  readonly groups: number
}

const profile = (attacker: string, hassh: string): string =>
  `${JSON.stringify({
    attacker_uuid: attacker,
    attacker_ip: null,
    first_seen: 1_700_000_000,
    last_seen: 1_700_000_100,
    asn: null,
    fingerprints: [{ kind: 'hassh', hash: hassh, value: null }],
    payload_hashes: [],
    c2_endpoints: [],
  })}\n`

async function send(...profiles: readonly string[]): Promise<void> {
  const { code } = await instance.cli(['ingest', 'attackers', '-'], { input: profiles })
  expect(code).toBe(0)
  await instance.untilCaughtUp()
}

async function status(worker: string): Promise<Worker> {
  const { code, out } = await instance.cli(['worker', 'status', worker, '--json'])
  expect(code).toBe(0)
  return JSON.parse(out) as Worker
}

async function attackersOfIdentities(): Promise<number[]> {
  const answer = await fetch(new URL('/api/v1/identities', instance.url))
  const { data } = (await answer.json()) as { data: { observation_count_live: number }[] }
  return data.map(({ observation_count_live }) => observation_count_live).sort()
}

test('an identity grows while the worker runs', async () => {
  await send(profile('a', 'one'), profile('x', 'other'))
  await expect.poll(attackersOfIdentities, PATIENCE).toEqual([1, 1])
  expect(await status('identify')).toMatchObject({ status: 'running', told: null, members: 2 })
  // What follows looks at events of identities; their campaigns' have come by then.
  const inCampaigns = async () => (await status('campaign')).members
  await expect.poll(inCampaigns, PATIENCE).toBe(2)
})

test('paused, profiles that would merge identities are taken and nothing merges', async () => {
  const { code, out } = await instance.cli(['worker', 'pause', 'identify'])
  expect(code).toBe(0)
  expect(out).toMatch(/^identify +paused +pause by local/m)
  const events = (await SseClient.open(`${instance.url}/api/v1/identities/events`)).read()
  await events.until(1)
  await send(profile('x', 'one'))
  await sleep(SETTLED_MS)
  expect(await attackersOfIdentities()).toEqual([1, 1])
  expect(events.events.map(({ event }) => event)).toEqual(['snapshot'])
  const { passes, pending } = await status('identify')
  expect(pending).toBeGreaterThan(0)

  expect((await instance.cli(['worker', 'run', 'identify', '--json'])).code).toBe(0)
  await expect.poll(attackersOfIdentities, PATIENCE).toEqual([2])
  expect((await events.until(2))[1]).toMatchObject({ event: 'merged' })
  expect(await status('identify')).toMatchObject({ status: 'paused', passes: passes + 1 })
})

test('a pause outlives a restart; resumed, what came meanwhile is announced', async () => {
  expect(await instance.stop()).toBe(0)
  instance = await startInstance(path.join(folder, 'workers'))
  expect(await status('identify')).toMatchObject({ status: 'paused', told: { action: 'run' } })
  await send(profile('x', 'other'), profile('b', 'one'), profile('c', 'one'))
  await sleep(SETTLED_MS)
  // Who is new is on its own until somebody says otherwise; a and x are together still.
  expect(await attackersOfIdentities()).toEqual([1, 1, 2])
  expect((await instance.cli(['worker', 'resume', 'identify'])).out).toMatch(/identify +running/)
  await expect.poll(attackersOfIdentities, PATIENCE).toEqual([1, 3])
  expect(await status('identify')).toMatchObject({ members: 4, groups: 2, pending: 0 })
})

test('all workers are shown as a table, and one that is none is refused', async () => {
  const { out } = await instance.cli(['worker', 'status'])
  expect(out).toMatch(/^WORKER +STATUS +TOLD/m)
  expect(out).toMatch(/^campaign +running +-/m)
  const none = await instance.cli(['worker', 'pause', 'resolve'])
  expect(none.code).toBe(1)
  expect(none.err).toContain('UNKNOWN_WORKER')
})

test('without a clusterer there are no workers', async () => {
  const plain = await startInstance(path.join(folder, 'plain'), ['--identity-clusterer', 'none'])
  try {
    const { out } = await plain.cli(['worker', 'status'])
    expect(out).toContain('no workers: this instance has no clusterer')
  } finally {
    await plain.stop()
  }
})
