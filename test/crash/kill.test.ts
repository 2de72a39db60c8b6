import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../../cli/engine.ts'
import { resolveConfig } from '../../cli/config/resolve-config.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { seededRandom } from '../simulation/random.ts'
import { RandomObservations } from '../simulation/random-observations.ts'
import { violations } from '../support/attribution-oracle.ts'
import { gatherEvidence } from '../support/evidence.ts'
import { eventsBut } from '../support/ignored-events.ts'
import { ProductProcess } from '../support/product-process.ts'
import { untilQuiet } from '../support/quiet-engine.ts'

const KILLS = Number(process.env['CRASH_KILLS'] ?? 25)
const LINES_PER_UPLOAD = 400

describe('the program under kill -9', () => {
  let stateDir: string

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'attribution-kill-'))
  })
  afterAll(() => rm(stateDir, { recursive: true, force: true }))

  it(`keeps outputs, stores and changelogs equal to the fold over ${KILLS} kills`, async () => {
    const random = seededRandom(20_261)
    const observations = new RandomObservations(random)
    const acknowledged = new Set<string>()
    for (let kill = 0; kill < KILLS; kill++) {
      const program = await ProductProcess.start(stateDir, { CHECKPOINT_INTERVAL_MS: '200' })
      const killAt = Date.now() + 100 + random() * 900
      let isDead = false
      const killed = new Promise<void>((resolve) => {
        setTimeout(() => {
          isDead = true
          program.kill().then(resolve, resolve)
        }, killAt - Date.now())
      })
      while (!isDead) {
        const portion = Array.from({ length: LINES_PER_UPLOAD }, () =>
          observations.next(Date.now()),
        )
        const isAccepted = await upload(
          program.url,
          portion.map(({ record }) => record.value),
        )
        if (isAccepted) for (const { id } of portion) if (id !== null) acknowledged.add(id)
      }
      await killed
    }
    const { config } = await resolveConfig({ env: { STATE_DIR: stateDir } })
    const events = eventsBut(() => undefined)
    const engine = await startEngine({ config, events, metrics: new Registry() })
    try {
      await untilQuiet(engine.instance)
      const { broker, instance } = engine
      const evidence = await gatherEvidence(config.applicationId, broker, instance, acknowledged)
      expect(violations(evidence, stubIdentity)).toEqual([])
      expect(acknowledged.size).toBeGreaterThan(KILLS * 100)
    } finally {
      await engine.close()
    }
  }, 600_000)
})

/** @returns false when the answer never came: the lines may or may not be in the log */
async function upload(url: string, lines: readonly Buffer[]): Promise<boolean> {
  try {
    const response = await fetch(`${url}/api/v1/observations`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])),
    })
    return response.ok
  } catch {
    return false
  }
}
