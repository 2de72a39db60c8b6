import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import { Pace } from '../../runtime/pace.ts'
import { StandbyTask } from '../../runtime/standby-task.ts'
import { StandbyUpdater } from '../../runtime/standby-updater.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import type { TaskPlan } from '../../runtime/task-environment.ts'
import { planTopics } from '../../runtime/topic-plan.ts'
import { CacheBudget } from '../../state/cache-budget.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import { countingTopology } from '../simulation/counting-topology.ts'
import { eventsBut } from '../support/ignored-events.ts'

const input = { topic: 'in', partition: 0 }

/** The standby of the task that counts keys, its changelog written by the test as its owner. */
class Standbys {
  readonly errors: unknown[] = []
  readonly updater: StandbyUpdater
  readonly plan: TaskPlan
  readonly #broker: EmbeddedBroker
  readonly #disk = new MemoryDisk()
  /** Databases that are open now. */
  openCount = 0
  /** Awaited before a database opens. */
  gate: Promise<void> = Promise.resolve()

  private constructor(broker: EmbeddedBroker, plan: TaskPlan) {
    this.#broker = broker
    this.plan = plan
    this.updater = new StandbyUpdater({
      applicationId: 'app',
      broker,
      clock: systemClock,
      pace: new Pace(systemClock, 0.25, () => false),
      events: eventsBut(() => undefined),
      onError: (error) => this.errors.push(error),
    })
  }

  static async open(): Promise<Standbys> {
    const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
    const topics = [
      { name: 'in', partitions: 1 },
      { name: 'out', partitions: 1 },
    ]
    const { tasks } = await planTopics('app', countingTopology(), broker, topics)
    const standbys = new Standbys(broker, tasks.get('0_0')!)
    onTestFinished(async () => {
      await standbys.updater.close()
      await broker.close()
      expect(standbys.errors).toEqual([])
    })
    return standbys
  }

  task(): StandbyTask {
    const home = {
      open: async () => {
        await this.gate
        this.openCount++
        const database = new MemoryDatabase(this.#disk)
        const close = database.close.bind(database)
        database.close = () => {
          this.openCount--
          return close()
        }
        return database
      },
      destroy: () => Promise.resolve(),
      existing: () => Promise.resolve([]),
    }
    return new StandbyTask({
      plan: this.plan,
      broker: this.#broker,
      directory: new TaskStateDirectory(home, systemClock, () => undefined),
      clock: systemClock,
      cacheBudget: new CacheBudget(1_000_000),
    })
  }

  /** What the owner does in a commit. */
  async commit(counts: Readonly<Record<string, number>>, nextOffset: number): Promise<void> {
    const records = new BatchBuilder()
    for (const [key, count] of Object.entries(counts)) {
      records.append(Buffer.from(key), Buffer.of(count), Date.now(), [])
    }
    const [at] = this.task().changelogs
    const producer = this.#broker.producer()
    await producer.send([{ ...at!, records }])
    await producer.close()
    const offset = { ...input, offset: nextOffset, metadata: '' }
    await this.#broker.groupAdmin('app').alterOffsets([offset])
  }
}

describe('standbys', () => {
  it('hold at least the inputs that they name, and name none before they know (S2)', async () => {
    const standbys = await Standbys.open()
    await standbys.commit({ a: 1, b: 1 }, 2)
    const task = standbys.task()
    expect([task.stores, task.stalenessMs, task.inputs]).toEqual([null, null, []])
    await standbys.updater.add(task)
    await vi.waitFor(() => expect(task.inputs).toEqual([{ ...input, offset: 2 }]), 5_000)
    expect(await task.stores!.view.get('counts', 'a')).toBe(1)
    await standbys.commit({ a: 2 }, 3)
    await vi.waitFor(() => expect(task.inputs).toEqual([{ ...input, offset: 3 }]), 5_000)
    expect(await task.stores!.view.get('counts', 'a')).toBe(2)
    expect([task.changelogLag, task.appliedRecords, task.progress]).toEqual([0, 3, 3])
  })

  it('hand over open stores, and what they hold is found again (S1, S3)', async () => {
    const standbys = await Standbys.open()
    await standbys.commit({ a: 1 }, 1)
    const first = standbys.task()
    await standbys.updater.add(first)
    await vi.waitFor(() => expect(first.appliedRecords).toBe(1), 5_000)
    expect(await standbys.updater.remove('0_0')).toBe(first)
    const stores = first.release()!
    expect([...stores.positions().values()].map(({ offset }) => offset)).toEqual([1])
    await first.close()
    expect(standbys.openCount).toBe(1)
    await stores.close()
    await standbys.commit({ a: 2 }, 2)
    const second = standbys.task()
    await standbys.updater.add(second)
    await vi.waitFor(() => expect(second.inputs).toEqual([{ ...input, offset: 2 }]), 5_000)
    expect([second.appliedRecords, await second.stores!.view.get('counts', 'a')]).toEqual([1, 2])
  })

  it('that are taken while they open are whole when they are handed over (U2)', async () => {
    const standbys = await Standbys.open()
    let open!: () => void
    standbys.gate = new Promise((resolve) => (open = resolve))
    const task = standbys.task()
    const added = standbys.updater.add(task)
    let isRemoved = false
    const removed = standbys.updater.remove('0_0').then((found) => {
      isRemoved = true
      return found
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(isRemoved).toBe(false)
    open()
    await added
    expect(await removed).toBe(task)
    const stores = task.release()
    // Whoever opens the directory next must not wait for a lock that nobody gives back.
    expect(standbys.openCount).toBe(stores === null ? 0 : 1)
    await stores?.close()
    expect(standbys.updater.tasks.size).toBe(0)
  })

  it('leave no directory open when all is closed while one opens', async () => {
    const standbys = await Standbys.open()
    let open!: () => void
    standbys.gate = new Promise((resolve) => (open = resolve))
    const added = standbys.updater.add(standbys.task())
    const closed = standbys.updater.close()
    open()
    await Promise.all([added, closed])
    expect(standbys.openCount).toBe(0)
  })

  it('begin anew when their position does not fit the changelog, and say nothing meanwhile', async () => {
    const standbys = await Standbys.open()
    await standbys.commit({ a: 1 }, 1)
    const former = standbys.task()
    await former.open()
    const { store, topic } = standbys.plan.changelogs[0]!
    await former.stores!.restore(store, [{ key: 'old', value: Buffer.of(9) }], {
      topicId: topic.topicId,
      partition: 0,
      offset: 50,
      brokerTimeMs: Date.now(),
    })
    await former.close()
    const task = standbys.task()
    expect(await task.open()).toEqual([{ topic: topic.name, partition: 0, offset: 0 }])
    expect(await task.stores!.view.get('counts', 'old')).toBeUndefined()
    expect(task.stalenessMs).toBeNull()
    await task.close()
  })
})
