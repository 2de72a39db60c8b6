import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../support/captured-terminal.ts'
import { observationLines } from '../support/observation-lines.ts'
import { removeFolder, startInstance, temporaryFolder } from '../support/running-instance.ts'

const OBSERVATIONS = 'attacker.observation'

interface Plan {
  readonly executed: boolean
  readonly offsets: readonly {
    readonly topic: string
    readonly partition: number
    readonly from: number | null
    readonly to: number
    readonly leftOut: number
  }[]
  readonly outputTopics: readonly string[]
}

let stateDir: string
let folder: string
beforeAll(async () => {
  folder = await temporaryFolder()
  stateDir = path.join(folder, 'reset')
  const instance = await startInstance(stateDir)
  await instance.cli(['ingest', 'observations', '-'], { input: [observationLines(200)] })
  await instance.untilCaughtUp()
  await instance.stop()
})
afterAll(() => removeFolder(folder))

const reset = (...args: string[]) => runCli(['reset', '--state-dir', stateDir, ...args])
async function planned(...args: string[]) {
  const { code, err, out } = await reset('--json', ...args)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const plan = JSON.parse(out) as Plan
  const of = (partition: number) =>
    plan.offsets.find((each) => each.topic === OBSERVATIONS && each.partition === partition)!
  return { plan, of }
}

describe('reset of a part', () => {
  test('refuses until it is told what becomes of the rest, since state is one for all', async () => {
    const { code, err } = await reset(
      '--to-earliest',
      '--topic',
      OBSERVATIONS,
      '--partition',
      '0,2',
    )
    expect(code).toBe(2)
    expect(err).toContain('--others earliest')
    expect(err).toContain('--others stay')
    expect((await reset('--to-offset', '0', '--topic', 'identity.link')).code).toBe(2)
  })

  test('with --others earliest reads everything else from the beginning', async () => {
    const part = ['--topic', OBSERVATIONS, '--partition', '0,2', '--others', 'earliest']
    const { of, plan } = await planned('--to-offset', '5', ...part)
    expect([0, 1, 2, 3].map((partition) => of(partition).to)).toEqual([5, 0, 5, 0])
    expect([0, 1, 2, 3].map((partition) => of(partition).leftOut)).toEqual([5, 0, 5, 0])
    expect(plan.outputTopics).toContain('attribution.profile.state_changed')
  })

  test('with --others stay leaves the rest where it is, and says what the state will lack', async () => {
    const part = ['--topic', OBSERVATIONS, '--partition', '1', '--others', 'stay']
    const { of, plan } = await planned('--to-earliest', ...part)
    expect(of(1)).toMatchObject({ to: 0, leftOut: 0 })
    expect(of(0).to).toBe(of(0).from)
    const leftOut = plan.offsets.reduce((sum, each) => sum + each.leftOut, 0)
    expect(leftOut).toBe(200 - of(1).from!)
    const { out } = await reset('--to-earliest', ...part)
    expect(out).toContain(`the new state leaves out ${leftOut} earlier records`)
    expect(out).toContain('would be published again')
  })

  test('of everything to earliest leaves nothing out and warns of nothing', async () => {
    const { plan } = await planned('--to-earliest')
    expect(plan.offsets.every(({ leftOut }) => leftOut === 0)).toBe(true)
    expect((await reset('--to-earliest')).out).not.toContain('leaves out')
  })

  test('a partition that does not exist, or of no topic, is misuse', async () => {
    const absent = ['--topic', OBSERVATIONS, '--partition', '99', '--others', 'stay']
    const { code, err } = await reset('--to-earliest', ...absent)
    expect(code).toBe(2)
    expect(err).toContain(`no such partition: ${OBSERVATIONS}-99`)
    expect((await reset('--to-earliest', '--partition', '0')).code).toBe(2)
    expect((await reset('--to-earliest', '--topic', OBSERVATIONS, '--partition', 'x')).code).toBe(2)
  })

  test('executed, only what was selected is read again', async () => {
    const part = ['--topic', OBSERVATIONS, '--partition', '1', '--others', 'stay', '--execute']
    const { of } = await planned('--to-earliest', ...part)
    const instance = await startInstance(stateDir)
    await instance.untilCaughtUp()
    const answer = await fetch(new URL('/api/v1/identities?limit=1', instance.url))
    expect(await answer.json()).toMatchObject({ total: of(1).from })
    await instance.stop()
  })
})
