import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { JudgedProduct } from '../support/judged-product.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import type { RunningKafka } from '../support/kafka/running-kafka.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'
import { refusalIn, startToEnd } from '../support/kafka/user-start.ts'
import { SmallDisk } from '../support/small-disk.ts'

const disk = SmallDisk.mount(64)

/** Where no disk can be mounted, test/runtime/full-disk.test.ts has the refusals alone. */
await describeKafka('an instance whose disk is full', () => {
  describe.skipIf(disk === null)('on a tmpfs of 64 MiB', () => {
    let kafka: RunningKafka
    const settings = () => ({
      BOOTSTRAP_SERVERS: kafka.bootstrapServers,
      APPLICATION_ID: 'full',
      STATE_DIR: disk!.directory,
      CHECKPOINT_INTERVAL_MS: '1000',
    })

    beforeAll(async () => {
      kafka = await startKafka({})
    }, 120_000)
    afterAll(async () => {
      await kafka.dispose()
      disk!.unmount()
    })

    it('stops processing, says so, and goes on when there is room', async () => {
      const product = await JudgedProduct.start(settings())
      const first = await product.load({ records: 1_000, durationMs: 1_000 })
      disk!.fill()
      const second = await product.load({ records: 3_000, durationMs: 2_000, paddingBytes: 4_000 })
      const isStalled = async () => {
        const { reasons, status } = await product.readiness()
        expect(status).toBe(503)
        expect(reasons.join()).toContain('stalled: the disk takes no checkpoint')
      }
      await vi.waitFor(isStalled, { timeout: 20_000, interval: 100 })
      const said = product.told.retries.filter(({ message }) => message.includes('No space left'))
      expect(said.length).toBeGreaterThan(0)
      const stalled = [...product.engine.instance.runners.values()].filter((each) => each.isStalled)
      const kept = () => stalled.map(({ task }) => [task.processedRecords, task.pendingBytes])
      const before = kept()
      const third = await product.load({ records: 1_000, durationMs: 1_000 })
      await isStalled()
      expect(kept()).toEqual(before)

      disk!.makeRoom()
      const acknowledged = new Set([...first, ...second, ...third])
      expect(await product.violations(acknowledged)).toEqual([])
      expect((await product.readiness()).status).toBe(200)
      expect(product.told.fatal).toEqual([])
      await product.close()
    }, 90_000)

    it('stops without its last checkpoint, refuses to start, and then restores', async () => {
      const product = await JudgedProduct.start(settings())
      disk!.fill()
      const acknowledged = await product.load({
        records: 3_000,
        durationMs: 1_000,
        paddingBytes: 4_000,
      })
      await vi.waitFor(() => expect(product.told.retries.length).toBeGreaterThan(0), 20_000)
      await product.close()
      expect(product.told.fatal).toEqual([])
      // Closing gave back what was set aside for logs.
      disk!.fill()
      const outcome = await startToEnd(settings())
      expect(outcome.code).toBe(1)
      expect(refusalIn(outcome)).toMatch(/cannot be written: make room.*No space left on device/)
      disk!.makeRoom()
      const again = await JudgedProduct.start(settings())
      expect(await again.violations(acknowledged)).toEqual([])
      await again.close()
    }, 90_000)
  })
})
