import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  removeFolder,
  startInstance,
  temporaryFolder,
  type RunningInstance,
} from '../support/running-instance.ts'

/** Profiles and tags in by HTTP, identities and campaigns out by HTTP. */

const dayTs = 1_700_000_000

/** Attackers a and b use one client; c shares their endpoint only in part, and hands over from b. */
const profiles = [
  { id: 'a', hassh: 'h-shared', payloads: ['p1', 'p2'] },
  { id: 'b', hassh: 'h-shared', payloads: ['p2'] },
  { id: 'c', hassh: 'h-other', payloads: ['p1', 'p9'] },
  { id: 'd', hassh: 'h-alone', payloads: [] },
]

const attackerLines = profiles.map(({ hassh, id, payloads }, i) => ({
  attacker_uuid: id,
  attacker_ip: `192.0.2.${i + 1}`,
  first_seen: dayTs + i,
  last_seen: dayTs + 1_000 + i,
  asn: 64_500 + i,
  fingerprints: [{ kind: 'hassh', hash: hassh, value: null }],
  payload_hashes: payloads,
  c2_endpoints: [],
  credentials: [],
  commands: [],
}))

const tag = (tag_uuid: string, attacker_uuid: string, tactic: string, created_ts: number) => ({
  tag_uuid,
  attacker_uuid,
  identity_uuid: null,
  session_id: null,
  decky_id: 'decky-1',
  technique_id: 'T1000',
  sub_technique_id: null,
  tactic,
  confidence: 0.9,
  created_ts,
})

const lines = (records: readonly object[]): string[] =>
  records.map((record) => `${JSON.stringify(record)}\n`)

interface Identity {
  readonly identity_uuid: string
  readonly observation_count_live: number
  readonly campaign_uuid: string | null
  readonly hassh_hashes: readonly string[] | null
}

interface Campaign {
  readonly campaign_uuid: string
  readonly identity_count_live: number
}

let folder: string
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => removeFolder(folder))

describe('identities and campaigns of a running instance', () => {
  let instance: RunningInstance
  beforeAll(async () => {
    instance = await startInstance(path.join(folder, 'state'))
  }, 60_000)
  afterAll(() => instance.stop())

  async function get<T>(route: string): Promise<T> {
    const response = await fetch(new URL(route, instance.url))
    expect([route, response.status]).toEqual([route, 200])
    return (await response.json()) as T
  }

  async function identityOf(attacker: string): Promise<string> {
    const route = `/api/v1/stores/attacker-links/keys/${attacker}`
    return (await get<{ value: { root_uuid: string } }>(route)).value.root_uuid
  }

  /** Clusterers announce by their own clocks. */
  async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
    for (const deadlineMs = Date.now() + 20_000; ;) {
      const value = await read()
      if (holds(value)) return value
      if (Date.now() > deadlineMs) throw new Error(`not in time: ${JSON.stringify(value)}`)
      await sleep(100)
    }
  }

  async function send(what: string, records: readonly object[]): Promise<void> {
    const { code, err } = await instance.cli(['ingest', what, '-'], { input: lines(records) })
    expect({ code, err }).toEqual({ code: 0, err: '' })
  }

  test('two attackers with one client become one identity, by HTTP', async () => {
    await send('attackers', attackerLines)
    const { data } = await until(
      () => get<{ total: number; data: readonly Identity[] }>('/api/v1/identities'),
      ({ data }) => data.some((each) => each.observation_count_live === 2) && data.length === 3,
    )
    const merged = data.find((each) => each.observation_count_live === 2)!
    expect(merged.hassh_hashes).toEqual(['h-shared'])
    const attackers = await until(
      () =>
        get<{ data: readonly { attacker_uuid: string }[] }>(
          `/api/v1/identities/${merged.identity_uuid}/observations`,
        ),
      ({ data: members }) => members.length === 2,
    )
    expect(attackers.data.map(({ attacker_uuid }) => attacker_uuid)).toEqual(['a', 'b'])
  })

  test('explain says which fingerprint holds it together, and why another is apart', async () => {
    const identity = await identityOf('a')
    const whole = await instance.cli(['explain', 'identity', identity])
    expect(whole.code).toBe(0)
    expect(whole.out).toMatch(/^attackers {2}2$/m)
    expect(whole.out).toMatch(/high +hassh h-shared +2 +2/)
    expect(whole.out).toMatch(/1\.00 +a +b +hassh h-shared/)
    expect(whole.out).toMatch(/formed/)
    const apart = await instance.cli(['explain', 'identity', identity, '--attackers', 'a,c'])
    expect(apart.out).toMatch(/^a and c are two identities: they use different clients$/m)
    expect(apart.out).toMatch(/high +0\.00 +1 +0\.00 +payload p1/)
    expect(apart.out).toMatch(/Veto: hassh h-shared is not h-other/)
    const { code, out } = await instance.cli([
      'explain',
      'identity',
      identity,
      '--attackers',
      'a,b',
      '--json',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      identity_uuid: identity,
      pair: { joined_by: [{ kind: 'hassh', value: 'h-shared' }, { kind: 'payload' }] },
    })
    const unknown = await instance.cli(['explain', 'identity', identity, '--attackers', 'a,zz'])
    expect(unknown.code).toBe(1)
    expect(unknown.err).toMatch(/does not know zz/)
  })

  test('technique tags that show a hand-over make a campaign of two identities', async () => {
    // A foothold of b on a decky, used by c an hour later; both have left the payload p1.
    await send('technique-tags', [
      tag('t1', 'b', 'TA0003', dayTs + 100),
      tag('t2', 'c', 'TA0007', dayTs + 3_700),
    ])
    const { data } = await until(
      () => get<{ data: readonly Campaign[] }>('/api/v1/campaigns'),
      ({ data: campaigns }) => campaigns.length === 2,
    )
    const both = data.find(({ identity_count_live }) => identity_count_live === 2)!
    const { data: members } = await get<{ data: readonly Identity[] }>(
      `/api/v1/campaigns/${both.campaign_uuid}/identities`,
    )
    const handing = [await identityOf('a'), await identityOf('c')]
    expect(new Set(members.map(({ identity_uuid }) => identity_uuid))).toEqual(new Set(handing))
    for (const identity of handing) {
      const { campaign_uuid } = await get<Identity>(`/api/v1/identities/${identity}`)
      expect(campaign_uuid).toBe(both.campaign_uuid)
    }
  })

  test('evaluate judges both by a truth file', async () => {
    const truth = path.join(folder, 'truth.csv')
    await writeFile(truth, 'attacker,label\na,red\nb,red\nc,red\nd,blue\nnobody,blue\n')
    const identities = await instance.cli(['evaluate', '--truth', truth, '--json'])
    expect(identities).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(identities.out)).toMatchObject({
      level: 'identity',
      metrics: { homogeneity: 1, singleton_recall: 1 },
      judged: 4,
      unknown: 1,
      unlabelled: 0,
      rejected: 0,
    })
    const { completeness } = (JSON.parse(identities.out) as { metrics: { completeness: number } })
      .metrics
    expect(completeness).toBeLessThan(1)
    const campaigns = await instance.cli(['evaluate', '--truth', truth, '--level', 'campaign'])
    expect(campaigns.code).toBe(0)
    expect(campaigns.out).toMatch(/^4 attackers judged by their campaigns$/m)
    expect(campaigns.out).toMatch(/adjusted Rand index +1\.0000/)
    expect(campaigns.out).toMatch(/^1 of the truth are not known to the instance$/m)
  })
})

describe('an instance without a clusterer', () => {
  test('shows identities as attribution has them, and says what it lacks', async () => {
    const args = ['--identity-clusterer', 'none']
    const instance = await startInstance(path.join(folder, 'none'), args)
    try {
      const input = lines(attackerLines)
      await instance.cli(['ingest', 'attackers', '-'], { input })
      await instance.untilCaughtUp()
      const list = await fetch(new URL('/api/v1/identities', instance.url))
      expect(await list.json()).toMatchObject({ total: 4 })
      const truth = path.join(folder, 'one.csv')
      await writeFile(truth, 'a,red\n')
      const evaluated = await instance.cli(['evaluate', '--truth', truth])
      expect(evaluated.code).toBe(1)
      expect(evaluated.err).toMatch(/without a clusterer/)
      const explained = await instance.cli(['explain', 'identity', 'x'])
      expect(explained.code).toBe(1)
      expect(explained.err).toMatch(/without a clusterer/)
    } finally {
      await instance.stop()
    }
  }, 60_000)
})
