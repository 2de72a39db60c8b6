import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateSample } from '../../cli/sample/generate-sample.ts'
import { runProgram } from '../../cli/program.ts'
import { captureTerminal, runCli } from '../support/captured-terminal.ts'
import { PlainFold, type PlainObservation } from '../support/plain-fold.ts'
import {
  removeFolder,
  startInstance,
  temporaryFolder,
  type RunningInstance,
} from '../support/running-instance.ts'

const PATIENCE = { timeout: 15_000 }
const endTs = Math.floor(Date.now() / 1000)
const { observations, attackers, sharedAttackerUuid } = generateSample(endTs)
const lines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('')

let folder: string
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => removeFolder(folder))

interface AttributionAnswer {
  readonly identity_uuid: string
  readonly primitives: readonly {
    readonly primitive: string
    readonly state: string
    readonly current_value: unknown
    readonly observation_count: number
  }[]
}

describe('a running instance', () => {
  let instance: RunningInstance
  beforeAll(async () => {
    instance = await startInstance(path.join(folder, 'plain'))
  })
  afterAll(() => instance.stop())

  async function profileOf(attacker: string): Promise<AttributionAnswer> {
    const { code, out } = await instance.cli(['query', 'attacker', attacker, '--json'])
    expect(code).toBe(0)
    return JSON.parse(out) as AttributionAnswer
  }

  test('takes a gzip file of observations; every answer equals the plain fold of it', async () => {
    const file = path.join(folder, 'observations.jsonl.gz')
    await writeFile(file, gzipSync(lines(observations)))
    const { code, out, err } = await instance.cli(['ingest', 'observations', file, '--json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ accepted: observations.length, rejected: 0 })
    await instance.untilCaughtUp()

    const fold = new PlainFold()
    for (const each of observations) fold.observe(each as PlainObservation)
    for (const [attacker, rows] of fold.rows) {
      const { primitives } = await profileOf(attacker)
      const given = primitives.map((row) => [row.primitive, row.state, row.observation_count])
      const expected = [...rows].map(([name, row]) => [name, row.state, row.observation_count])
      expect(given).toEqual(expected.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
    }
  })

  test('is not changed by the same file once more', async () => {
    const before = await profileOf(sharedAttackerUuid)
    const input = [lines(observations)]
    const { code } = await instance.cli(['ingest', 'observations', '-'], { input })
    expect(code).toBe(0)
    await instance.untilCaughtUp()
    const after = await profileOf(sharedAttackerUuid)
    expect(after.primitives).toEqual(before.primitives)
  })

  test('takes attackers, which are known already or not', async () => {
    const { code, out } = await instance.cli(['ingest', 'attackers', '-'], {
      input: [lines(attackers)],
    })
    expect(code).toBe(0)
    expect(out).toContain(`${attackers.length} accepted, 0 rejected`)
  })

  test('tells rejected lines by their number in the file, and ends with 1', async () => {
    const good = JSON.stringify(observations[0])
    const input = [`${good}\n\n{"broken\n${good.replace('"v":1', '"v":1,"extra":1')}\n`]
    const { code, out, err } = await instance.cli(['ingest', 'observations', '-'], { input })
    expect(code).toBe(1)
    expect(out).toContain('1 accepted, 2 rejected')
    expect(err).toMatch(/^line 3: .+\nline 4: .*extra/m)
  })

  test('takes what a cut-off gzip file still holds and says that it was cut off', async () => {
    const whole = gzipSync(lines(observations))
    const file = path.join(folder, 'cut.jsonl.gz')
    await writeFile(file, whole.subarray(0, whole.length - 100))
    const { code, err } = await instance.cli(['ingest', 'observations', file])
    expect(code).toBe(1)
    expect(err).toContain('the file was cut off')
  })

  test('shows an attacker’s habits as a table', async () => {
    const { out } = await instance.cli(['query', 'attacker', sharedAttackerUuid])
    expect(out).toMatch(/^identity {2}[0-9a-f]{32}$/m)
    expect(out).toMatch(/^motor\.keystroke_cadence +multi_actor +\S+ +0\.60 +\d+ +20\d\d-/m)
  })

  test('answers for an attacker never seen, and for an identity never seen, with 1', async () => {
    const attacker = await instance.cli(['query', 'attacker', 'nobody'])
    expect(attacker.code).toBe(1)
    expect(attacker.out).toContain('nobody was never observed')
    const identity = await instance.cli(['query', 'identity', 'nobody'])
    expect(identity.code).toBe(1)
    expect(identity.err).toContain('UNKNOWN_IDENTITY')
  })

  test('streams state changes as they are committed', async () => {
    // Identities of the profiles before have merged, and changed states by that.
    await instance.untilCaughtUp()
    let over = false as boolean
    const tail = instance.cli(['tail', 'state-changed', '--json', '--count', '2'])
    void tail.then(() => (over = true))
    // When the stream has begun is not known here: give records until it has shown two.
    for (let n = 0; !over; n++) {
      const fresh = { ...observations[0], attacker_uuid: `fresh-${n}`, id: `fresh-${n}` }
      const input = [lines([fresh, { ...fresh, primitive: 'motor.motor_stability' }])]
      await instance.cli(['ingest', 'observations', '-'], { input })
      await sleep(200)
    }
    const tailed = await tail
    expect(tailed.code).toBe(0)
    const events = tailed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(events).toHaveLength(2)
    for (const event of events) {
      expect(event).toMatchObject({
        type: 'attribution.state_changed',
        old_state: null,
        new_state: 'unknown',
        cause: 'observation',
      })
    }
  })

  test('keeps its state directory to itself', async () => {
    const { code, err } = await runCli(['start', '--port', '0', '--state-dir', instance.stateDir])
    expect(code).toBe(1)
    expect(err).toContain('another process runs on')
    const reset = await runCli(['reset', '--to-earliest', '--state-dir', instance.stateDir])
    expect(reset.code).toBe(1)
    expect(reset.err).toContain('another process runs on')
  })

  test('refuses a port that is taken', async () => {
    const { port } = new URL(instance.url)
    const args = ['start', '--port', port, '--state-dir', path.join(folder, 'other')]
    const { code, err } = await runCli(args)
    expect(code).toBe(1)
    expect(err).toContain(`127.0.0.1:${port} is in use`)
  })
})

describe('tokens', () => {
  test('are asked for where they are configured, each for its scope', async () => {
    const make = async (scope: string) =>
      JSON.parse((await runCli(['token', 'create', '--scope', scope, '--json'])).out) as {
        token: string
        sha256: string
      }
    const [read, write] = [await make('read'), await make('write')]
    const instance = await startInstance(path.join(folder, 'tokens'), [
      '--api-tokens-read',
      read.sha256,
      '--api-tokens-write',
      write.sha256,
    ])
    try {
      const query = ['query', 'attacker', 'x']
      expect((await instance.cli(query)).err).toContain('ATTRIBUTION_TOKEN')
      expect((await instance.cli([...query, '--token', write.token])).err).toContain('FORBIDDEN')
      const env = { ATTRIBUTION_TOKEN: read.token }
      expect((await instance.cli(query, { env })).out).toContain('never observed')
      const ingest = ['ingest', 'observations', '-', '--token', write.token]
      const input = [lines(observations.slice(0, 1))]
      expect((await instance.cli(ingest, { input })).code).toBe(0)
    } finally {
      await instance.stop()
    }
  })
})

describe('the sample', () => {
  test('is fed once, raises one alert, and is there after a restart', async () => {
    const stateDir = path.join(folder, 'sample')
    const first = await startInstance(stateDir, ['--sample'])
    const fed = first.events().find(({ event }) => event === 'sample')
    expect(fed).toMatchObject({ fed_now: true, attackers: 11 })
    const get = async (route: string) =>
      (await (await fetch(new URL(`/api/v1/${route}`, first.url))).json()) as object
    const identity = String(fed!['identity_uuid'])
    const identityNow = () => get(`identities/${identity}`)
    await expect.poll(identityNow, PATIENCE).toMatchObject({ observation_count_live: 3 })
    const campaign = String(fed!['campaign_uuid'])
    // Campaigns are told of identities after these are there.
    const campaignNow = () => get(`campaigns/${campaign}`)
    await expect.poll(campaignNow, PATIENCE).toMatchObject({ identity_count_live: 2 })
    const shared = String(fed!['shared_attacker_uuid'])
    const alerts = async ({ url }: RunningInstance) =>
      ((await (await fetch(new URL('/api/v1/multi-actor', url))).json()) as { data: unknown[] })
        .data
    const standing = await alerts(first)
    expect(standing).toHaveLength(1)
    const profile = await first.cli(['query', 'attacker', shared, '--json'])
    expect(await first.stop()).toBe(0)
    expect(await readFile(path.join(stateDir, 'sample/sample.json'), 'utf8')).toContain(
      '"fed":true',
    )

    const second = await startInstance(stateDir, ['--sample'])
    expect(second.events().find(({ event }) => event === 'sample')).toMatchObject({
      fed_now: false,
      observations: fed!['observations'],
    })
    expect(await alerts(second)).toEqual(standing)
    const again = await second.cli(['query', 'attacker', shared, '--json'])
    const primitives = (out: string) => (JSON.parse(out) as AttributionAnswer).primitives
    expect(primitives(again.out)).toEqual(primitives(profile.out))
    expect(await second.stop()).toBe(0)
  })

  test('a plain start brings none', async () => {
    const instance = await startInstance(path.join(folder, 'bare'))
    const answer = await fetch(new URL('/api/v1/identities', instance.url))
    expect(await answer.json()).toMatchObject({ total: 0, data: [] })
    await instance.stop()
  })

  test('a person is told that the data is generated, and what to try', async () => {
    const stop = new AbortController()
    const terminal = captureTerminal()
    const args = ['start', '--sample', '--port', '0', '--state-dir', path.join(folder, 'sample')]
    const exit = runProgram(args, {
      terminal,
      env: {},
      interruption: () => stop.signal,
      exitWith: () => undefined,
    })
    while (!terminal.outText().includes('Ctrl-C stops')) {
      await sleep(20)
    }
    stop.abort()
    expect(await exit).toBe(0)
    expect(terminal.outText()).toContain('This is generated sample data; nobody was observed.')
    expect(terminal.outText()).toMatch(/curl -s http:\/\/127\.0\.0\.1:\d+\/api\/v1\/multi-actor/)
    expect(terminal.outText()).toMatch(/npx attribution-streams query attacker [0-9a-f]{32}/)
    expect(terminal.outText()).toMatch(/api\/v1\/identities\/[0-9a-f-]+\/observations/)
    expect(terminal.outText()).toMatch(/api\/v1\/campaigns\/[0-9a-f]+\/identities/)
  })
})

describe('reset', () => {
  let stateDir: string
  beforeAll(async () => {
    stateDir = path.join(folder, 'reset')
    const instance = await startInstance(stateDir)
    await instance.cli(['ingest', 'observations', '-'], { input: [lines(observations)] })
    await instance.untilCaughtUp()
    await instance.stop()
  })

  const reset = (...args: string[]) => runCli(['reset', '--state-dir', stateDir, ...args])

  interface Plan {
    readonly executed: boolean
    readonly offsets: readonly { topic: string; from: number | null; to: number }[]
    readonly deletedTopics: readonly string[]
  }

  test('shows its plan and changes nothing unless told to', async () => {
    const { code, out } = await reset('--to-earliest', '--json')
    expect(code).toBe(0)
    const plan = JSON.parse(out) as Plan
    expect(plan.executed).toBe(false)
    const moved = plan.offsets.filter(({ topic }) => topic === 'attacker.observation')
    expect(moved.reduce((sum, { from }) => sum + (from ?? 0), 0)).toBe(observations.length)
    expect(moved.every(({ to }) => to === 0)).toBe(true)
    expect(plan.deletedTopics.length).toBeGreaterThan(0)
    expect(JSON.parse((await reset('--to-earliest', '--json')).out)).toEqual(plan)
    expect((await reset('--to-earliest')).out).toContain('nothing was changed: add --execute')
  })

  test('executed to earliest, the next start computes the same answers anew', async () => {
    const before = await startInstance(stateDir)
    const profile = async (instance: RunningInstance) => {
      const { out } = await instance.cli(['query', 'attacker', sharedAttackerUuid, '--json'])
      return (JSON.parse(out) as AttributionAnswer).primitives
    }
    const expected = await profile(before)
    await before.stop()
    const { code, out } = await reset('--to-earliest', '--execute')
    expect(code).toBe(0)
    expect(out).toContain('done; the next start reads again')
    const after = await startInstance(stateDir)
    await after.untilCaughtUp()
    expect(await profile(after)).toEqual(expected)
    await after.stop()
  })

  test('to a time, it reads from the first record appended then', async () => {
    const plan = JSON.parse((await reset('--to-datetime', '2100-01-01', '--json')).out) as Plan
    for (const { from, to } of plan.offsets)
      if (from !== null) expect(to).toBeGreaterThanOrEqual(from)
    const all = JSON.parse((await reset('--to-datetime', '2000-01-01', '--json')).out) as Plan
    expect(all.offsets.every(({ to }) => to === 0)).toBe(true)
  })

  test('needs one target, in a form without doubt', async () => {
    expect((await reset()).code).toBe(2)
    expect((await reset('--to-earliest', '--to-offset', '1')).code).toBe(2)
    expect((await reset('--to-offset', '-1')).code).toBe(2)
    expect((await reset('--to-datetime', '2026-01-01T00:00:00')).code).toBe(2)
    expect((await reset('--to-earliest', '--dry-run', '--execute')).code).toBe(2)
  })

  test('names the inputs when asked for another topic', async () => {
    const { code, err } = await reset('--to-earliest', '--topic', 'nothing')
    expect(code).toBe(2)
    expect(err).toContain('attacker.observation')
  })

  test('where there is no log it makes none', async () => {
    const { code, err } = await runCli(['reset', '--to-earliest', '--state-dir', folder])
    expect(code).toBe(1)
    expect(err).toContain('nothing to reset')
  })
})
