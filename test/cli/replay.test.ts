import { access } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { generateSample } from '../../cli/sample/generate-sample.ts'
import { runCli } from '../support/captured-terminal.ts'
import type { PlainObservation } from '../support/plain-fold.ts'
import { observationJson } from '../support/observation-lines.ts'
import { removeFolder, startInstance, temporaryFolder } from '../support/running-instance.ts'
import { sendRaw, withLog } from '../support/stopped-log.ts'

const OBSERVATIONS = 'attacker.observation'
const STATE_CHANGED = 'attribution.profile.state_changed'

interface Outcome {
  readonly ranges: readonly { topic: string; partition: number; from: number; to: number }[]
  readonly records: number
  readonly transitions: { readonly live: number; readonly replayed: number }
  readonly by_cause: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly unexplained: number
  readonly explained: { readonly link: number; readonly earlier_state: number }
  readonly edge: number
  readonly restarts: number
  readonly deleted: boolean
  readonly differences: readonly { readonly kind: string; readonly explanation: string | null }[]
}

const nowTs = Math.floor(Date.now() / 1000)
const { observations } = generateSample(nowTs)
const lines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('')

let folder: string
let stateDir: string
/** Between two halves of the input. */
let middle: string
beforeAll(async () => {
  folder = await temporaryFolder()
  stateDir = path.join(folder, 'live')
  const instance = await startInstance(stateDir)
  const half = Math.floor(observations.length / 2)
  await instance.cli(['ingest', 'observations', '-'], {
    input: [lines(observations.slice(0, half))],
  })
  await instance.untilCaughtUp()
  middle = new Date(Date.now() + 1).toISOString()
  await new Promise((resolve) => setTimeout(resolve, 5))
  // A sensor whose clock runs half an hour ahead, which the default allows.
  const ahead = observationJson('ahead', { ts: nowTs + 1800 })
  const rest = [...observations.slice(half), ahead]
  await instance.cli(['ingest', 'observations', '-'], { input: [lines(rest)] })
  await instance.untilCaughtUp()
  expect(await instance.stop()).toBe(0)
}, 60_000)
afterAll(() => removeFolder(folder))

const replay = (...args: string[]) => runCli(['replay', '--state-dir', stateDir, ...args])
async function replayed(...args: string[]) {
  const { code, err, out } = await replay('--json', '--log-level', 'error', ...args)
  expect(err).toBe('')
  return { code, outcome: JSON.parse(out) as Outcome }
}
async function topics(): Promise<string[]> {
  return withLog(stateDir, async (broker) =>
    (await broker.describeTopics()).map(({ name }) => name).sort(),
  )
}

describe('replay', () => {
  test('of the whole input publishes what was published live, beside it', async () => {
    const before = await topics()
    const { code, outcome } = await replayed('--as', 'whole')
    expect(code).toBe(0)
    expect(outcome).toMatchObject({ unexplained: 0, edge: 0, restarts: 0, deleted: false })
    expect(outcome.records).toBe(observations.length + 1)
    expect(outcome.transitions.replayed).toBe(outcome.transitions.live)
    expect(outcome.by_cause['observation']).toMatchObject({ equal: outcome.transitions.live })
    const made = (await topics()).filter((name) => !before.includes(name))
    expect(made).toContain(`whole.${STATE_CHANGED}`)
    expect(made.every((name) => name.startsWith('whole'))).toBe(true)
    await access(path.join(stateDir, 'replay/whole'))
  })

  test('refuses a name that is taken, by a replay or by the live application', async () => {
    const taken = await replay('--as', 'whole')
    expect(taken.code).toBe(2)
    expect(taken.err).toContain('replay --as whole --discard')
    const live = await replay('--as', 'attribution')
    expect(live.code).toBe(2)
    expect(live.err).toContain('is the live application')
    expect((await replay('--as', '..')).code).toBe(2)
    expect((await replay()).code).toBe(2)
  })

  test('discards what a replay left, and nothing else', async () => {
    const { code, out } = await replay('--as', 'whole', '--discard')
    expect(code).toBe(0)
    expect(out).toMatch(/deleted \d+ topics and the state of whole/)
    expect((await topics()).filter((name) => name.startsWith('whole'))).toEqual([])
    await expect(access(path.join(stateDir, 'replay/whole'))).rejects.toThrow()
    expect((await replay('--as', 'whole', '--discard')).err).toContain('there is no replay whole')
    expect((await replay('--as', 'attribution', '--discard')).code).toBe(2)
    expect((await replay('--as', 'x', '--discard', '--delete')).code).toBe(2)
  })

  test('a setting that no state depends on changes none; afterwards nothing is left', async () => {
    const before = await topics()
    const { code, outcome } = await replayed(
      '--as',
      'w',
      '--delete',
      '--multi-actor-window-ms',
      '1',
    )
    expect({ code, unexplained: outcome.unexplained }).toEqual({ code: 0, unexplained: 0 })
    expect(outcome.deleted).toBe(true)
    expect(await topics()).toEqual(before)
    await expect(access(path.join(stateDir, 'replay/w'))).rejects.toThrow()
  })

  test('a setting that takes input away shows what is missing, and ends with 1', async () => {
    const args = ['--as', 'strict', '--delete', '--max-future-skew-ms', '60000']
    const { code, outcome } = await replayed(...args)
    expect(code).toBe(1)
    expect(outcome).toMatchObject({ unexplained: 1, differences: [{ kind: 'missing' }] })
    const text = await replay(...args)
    expect(text.code).toBe(1)
    expect(text.out).toMatch(/^CAUSE +EQUAL +MISSING +ADDITIONAL +DIFFERENT +EXPLAINED$/m)
    expect(text.out).toMatch(/^missing .+ motor\.keystroke_cadence .+ replayed nothing$/m)
    expect(text.out).toContain('1 differences without an explanation')
  })

  test('up to a time compares what was published up to then', async () => {
    const { code, outcome } = await replayed('--as', 'first', '--delete', '--to', middle)
    expect({ code, edge: outcome.edge }).toEqual({ code: 0, edge: 0 })
    expect(outcome.records).toBe(Math.floor(observations.length / 2))
    expect(outcome.transitions.replayed).toBeLessThan(outcome.transitions.live)
    expect(outcome.by_cause['observation']).toMatchObject({ equal: outcome.transitions.replayed })
  })

  test('from a time begins without earlier state, and says which differences come of it', async () => {
    const { code, outcome } = await replayed('--as', 'second', '--delete', '--from', middle)
    expect({ code, unexplained: outcome.unexplained }).toEqual({ code: 0, unexplained: 0 })
    expect(outcome.records).toBe(observations.length + 1 - Math.floor(observations.length / 2))
    expect(outcome.explained.earlier_state).toBeGreaterThan(0)
    // Not seen before: its row began within the range.
    expect(outcome.by_cause['observation']!['equal']).toBeGreaterThanOrEqual(1)
  })

  test('takes offsets by partition; what it cannot tell lies at the edge', async () => {
    const args = ['--as', 'part', '--delete', '--to', `${OBSERVATIONS}:0=10,${OBSERVATIONS}:1=0`]
    const { code, outcome } = await replayed(...args)
    const of = (partition: number) =>
      outcome.ranges.find((each) => each.topic === OBSERVATIONS && each.partition === partition)
    expect(of(0)).toMatchObject({ from: 0, to: 10 })
    expect(of(1)).toMatchObject({ from: 0, to: 0 })
    expect({ code, unexplained: outcome.unexplained }).toEqual({ code: 0, unexplained: 0 })
    const wrong = await replay('--as', 'part', '--to', 'nothing:0=1')
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('no input partition: nothing-0')
    expect((await replay('--as', 'part', '--to', '0')).err).toContain('nothing lies in the range')
    expect((await replay('--as', 'part', '--to', 'noon')).code).toBe(2)
  })

  test('interrupted, it stops, and with --delete leaves nothing', async () => {
    const before = await topics()
    const stop = AbortSignal.abort()
    const args = ['replay', '--state-dir', stateDir, '--as', 'stopped', '--delete']
    const { code, err } = await runCli(args, { stop })
    expect(code).toBe(1)
    expect(err).toContain('interrupted')
    expect(await topics()).toEqual(before)
  })

  test('the live application is not disturbed, and its reset is told from a difference', async () => {
    const reset = await runCli(['reset', '--state-dir', stateDir, '--to-earliest', '--execute'])
    expect(reset.code).toBe(0)
    const instance = await startInstance(stateDir)
    await instance.untilCaughtUp()
    await instance.stop()
    const { code, outcome } = await replayed('--as', 'again', '--delete')
    expect({ code, unexplained: outcome.unexplained }).toEqual({ code: 0, unexplained: 0 })
    expect(outcome.restarts).toBeGreaterThan(0)
    expect(outcome.transitions.live).toBe(outcome.transitions.replayed * 2)
  })

  test('where the live application is behind, it does not blame the replay', async () => {
    await withLog(stateDir, (broker) =>
      sendRaw(broker, [
        { topic: OBSERVATIONS, value: Buffer.from(JSON.stringify(observationJson('later'))) },
      ]),
    )
    const { code, outcome } = await replayed('--as', 'behind', '--delete')
    expect(code).toBe(0)
    expect(outcome).toMatchObject({ unexplained: 0, live_lag: 1, edge: 1 })
  })
})

describe('replay with identity links', () => {
  test('differences on the way of linked identities are told apart', async () => {
    const linked = path.join(folder, 'linked')
    const none = ['--identity-clusterer', 'none']
    const instance = await startInstance(linked, none)
    await instance.cli(['ingest', 'observations', '-'], { input: [lines(observations)] })
    await instance.untilCaughtUp()
    await instance.stop()
    const sent = observations as readonly PlainObservation[]
    const attackers = [...new Set(sent.map((each) => each.attacker_uuid))]
    const links = attackers.map((attacker_uuid) => ({
      attacker_uuid,
      identity_uuid: 'one',
      root_uuid: 'one',
      cause: 'merge',
    }))
    await withLog(linked, (broker) =>
      sendRaw(
        broker,
        links.map((link) => ({
          topic: 'identity.link',
          key: Buffer.from(link.attacker_uuid),
          value: Buffer.from(JSON.stringify(link)),
        })),
      ),
    )
    const again = await startInstance(linked, none)
    await again.untilCaughtUp()
    await again.stop()
    const args = [
      'replay',
      '--state-dir',
      linked,
      '--as',
      'links',
      '--json',
      '--log-level',
      'error',
      ...none,
    ]
    const { code, out } = await runCli(args)
    const outcome = JSON.parse(out) as Outcome
    expect(outcome.by_cause['merge']!['equal']).toBeGreaterThan(0)
    expect({ code, unexplained: outcome.unexplained }).toEqual({ code: 0, unexplained: 0 })
  })

  test('the clusterer links anew, and what differs on the way is told apart', async () => {
    const clustered = path.join(folder, 'clustered')
    const sent = observations as readonly PlainObservation[]
    const attackers = [...new Set(sent.map((each) => each.attacker_uuid))]
    const profiles = attackers.map((attacker_uuid, i) => ({
      attacker_uuid,
      first_seen: nowTs - i,
      last_seen: nowTs,
      fingerprints: [{ kind: 'hassh', hash: `shared by four ${i >> 2}` }],
    }))
    const instance = await startInstance(clustered)
    await instance.cli(['ingest', 'observations', '-'], { input: [lines(observations)] })
    await instance.untilCaughtUp()
    await instance.cli(['ingest', 'attackers', '-'], { input: [lines(profiles)] })
    await vi.waitFor(
      async () => {
        const answer = await fetch(new URL('/api/v1/identities', instance.url))
        const { total } = (await answer.json()) as { total: number }
        expect(total).toBe(Math.ceil(attackers.length / 4))
      },
      { timeout: 10_000 },
    )
    await instance.untilCaughtUp()
    await instance.stop()
    const args = ['--as', 'clusters', '--json', '--log-level', 'error', '--state-dir', clustered]
    const { code, err, out } = await runCli(['replay', ...args])
    expect(err).toBe('')
    const outcome = JSON.parse(out) as Outcome
    const moved = Object.entries(outcome.by_cause).filter(([cause]) => cause !== 'observation')
    expect(moved.flatMap(([, counts]) => Object.values(counts)).some((n) => n > 0)).toBe(true)
    expect({ code, unexplained: outcome.unexplained }).toEqual({ code: 0, unexplained: 0 })
  })
})

describe('replay beside a running instance', () => {
  test('says who has the log', async () => {
    const instance = await startInstance(path.join(folder, 'running'))
    try {
      const { code, err } = await runCli(['replay', '--as', 'x', '--state-dir', instance.stateDir])
      expect(code).toBe(1)
      expect(err).toContain('another process runs on')
    } finally {
      await instance.stop()
    }
  })
})
