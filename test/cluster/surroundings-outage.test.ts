import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { JudgedProduct } from '../support/judged-product.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import type { RunningKafka } from '../support/kafka/running-kafka.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'
import { removeFolder, temporaryFolder } from '../support/running-instance.ts'

/** Longer than a session, a request and a delivery may take. */
const OUTAGE_MS = 40_000
/** Longer than between two looks at the topics. */
const LOOK_TIMEOUT_MS = 30_000

await describeKafka('an instance whose broker goes away', () => {
  let kafka: RunningKafka
  let folder: string
  let product: JudgedProduct
  beforeAll(async () => {
    folder = await temporaryFolder()
    kafka = await startKafka({})
    product = await JudgedProduct.start(settings())
  }, 120_000)
  afterAll(async () => {
    await product.close()
    await kafka.dispose()
    await removeFolder(folder)
  })

  const settings = () => ({
    BOOTSTRAP_SERVERS: kafka.bootstrapServers,
    APPLICATION_ID: 'outage',
    STATE_DIR: folder,
    REQUEST_TIMEOUT_MS: '5000',
    SESSION_TIMEOUT_MS: '6000',
  })
  const loadThrough = async (records: number, outage: () => Promise<void>) => {
    product.told.warnings.length = 0
    const loading = product.load({ records, durationMs: 3_000 })
    await pause(1_000)
    await outage()
    const acknowledged = await loading
    expect(await product.violations(acknowledged)).toEqual([])
    await vi.waitFor(async () => expect((await product.readiness()).status).toBe(200), 10_000)
    expect(product.told.fatal).toEqual([])
  }

  it('loses nothing when it comes back at once', async () => {
    await loadThrough(4_000, async () => {
      await kafka.stop()
      await kafka.start()
    })
  }, 120_000)

  it('waits for one that is killed, says so, and loses nothing', async () => {
    await loadThrough(4_000, async () => {
      await kafka.kill()
      await pause(OUTAGE_MS)
      expect((await product.readiness()).status).toBe(503)
      await kafka.start()
    })
    const { warnings } = product.told
    const absence = /^the brokers do not tell of the topics: .* nothing is lost$/
    expect(warnings).toContainEqual(expect.stringMatching(absence))
    const presence = /^the brokers answer again, after \d+ s$/
    const isKnown = () => expect(warnings).toContainEqual(expect.stringMatching(presence))
    await vi.waitFor(isKnown, { timeout: LOOK_TIMEOUT_MS, interval: 1_000 })
  }, 180_000)

  it('stops in time while it is away, and goes on later', async () => {
    const acknowledged = await product.load({ records: 1_000, durationMs: 500 })
    await kafka.kill()
    const startedMs = performance.now()
    await product.close()
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    await kafka.start()
    product = await JudgedProduct.start(settings())
    expect(await product.violations(acknowledged)).toEqual([])
  }, 120_000)
})
