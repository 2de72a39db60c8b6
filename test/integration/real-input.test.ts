import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PlainFold, type PlainObservation, type PlainRow } from '../support/plain-fold.ts'
import { startRunning, type Running } from '../support/running-product.ts'

/**
 * Observations made from recorded shell histories of 267 people, and what an independent fold of
 * the same file says. The file is not part of the project: without it the test says so and skips.
 */
const FILE = new URL('../../../shared/data/observations-shell.jsonl.gz', import.meta.url)

interface Attribution {
  readonly identity_uuid: string
  readonly primitives: readonly ({ readonly primitive: string } & PlainRow)[]
}

describe.skipIf(!existsSync(FILE))('observations of real people (../shared/data)', () => {
  let running: Running
  let compressed: Buffer
  const fold = new PlainFold()

  beforeAll(async () => {
    compressed = readFileSync(FILE)
    for (const line of gunzipSync(compressed).toString().trim().split('\n')) {
      fold.observe(JSON.parse(line) as PlainObservation)
    }
    running = await startRunning()
  })
  afterAll(() => running.dispose())

  it('are all accepted, and the answers equal the plain fold', async () => {
    expect(await upload()).toMatchObject({ accepted: 28_791, rejected: 0 })
    await running.untilQuiet()
    await expectFold()
  }, 120_000)

  it('change nothing when they come a second time', async () => {
    const before = await outputs()
    expect(await upload()).toMatchObject({ accepted: 28_791, rejected: 0 })
    await running.untilQuiet()
    await expectFold()
    expect(await outputs()).toEqual(before)
  }, 120_000)

  it('raise as many false alarms as the documents say', async () => {
    const counts = await outputs()
    expect(counts).toEqual({
      'attribution.profile.state_changed': [...fold.transitions.values()].flat().length,
      'attribution.profile.multi_actor_suspected': alerts('suspected'),
      'attribution.profile.multi_actor_cleared': alerts('cleared'),
    })
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    expect(readme).toContain(`${fold.alerts.size} of 267`)
    expect(readme).toContain(`${alerts('suspected')} alerts`)
  })

  const alerts = (kind: string) =>
    [...fold.alerts.values()].flat().filter((alert) => alert.kind === kind).length

  async function upload(): Promise<unknown> {
    const response = await fetch(`${running.url}/api/v1/observations`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
      body: new Uint8Array(compressed),
    })
    return await response.json()
  }

  async function expectFold(): Promise<void> {
    for (const [attacker, rows] of fold.rows) {
      const answer = await running.getJson<Attribution>(`/api/v1/attackers/${attacker}/attribution`)
      const expected = [...rows]
        .map(([primitive, row]) => ({ primitive, ...row }))
        .sort((a, b) => (a.primitive < b.primitive ? -1 : 1))
      expect(answer.primitives, attacker).toEqual(expected)
    }
  }

  /** Records in each output topic. */
  async function outputs(): Promise<Record<string, number>> {
    const names = ['state_changed', 'multi_actor_suspected', 'multi_actor_cleared']
    const counts = await Promise.all(
      names.map(async (name) => {
        const topic = `attribution.profile.${name}`
        return [topic, await running.recordsIn(topic)] as const
      }),
    )
    return Object.fromEntries(counts)
  }
})
