import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../broker/clock.ts'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import type { Broker } from '../../broker/port.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import { InstanceMetrics } from '../../runtime/instance-metrics.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import { countingTopology } from '../simulation/counting-topology.ts'
import { faultyBroker, type TransactionFault } from '../simulation/faulty-broker.ts'
import { eventsBut } from '../support/ignored-events.ts'

/** Metrics of instances that run: every value is what the instance did. */

const PREFIX = 'attribution_streams_'
const PARTITIONS = 2

let broker: EmbeddedBroker
let running: Member[]
beforeEach(async () => {
  broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  running = []
})
afterEach(async () => {
  for (const { instance } of running) await instance.close()
  await broker.close()
})

interface Member {
  readonly instance: StreamsInstance
  /** The sum over the series of a metric whose labels include these. */
  value(name: string, labels?: string): Promise<number>
}

interface MemberOptions {
  readonly through?: Broker
  readonly disks?: Map<string, MemoryDisk>
  readonly numStandbyReplicas?: number
}

async function startMember(options: MemberOptions = {}): Promise<Member> {
  const { disks = new Map<string, MemoryDisk>(), numStandbyReplicas = 0, through } = options
  const registry = new Registry()
  const metrics = new InstanceMetrics(registry)
  const home = {
    open: (taskId: string) => {
      if (!disks.has(taskId)) disks.set(taskId, new MemoryDisk())
      return Promise.resolve(new MemoryDatabase(disks.get(taskId)))
    },
    destroy: () => Promise.resolve(),
    existing: () => Promise.resolve([...disks.keys()]),
  }
  const instance = new StreamsInstance({
    settings: {
      applicationId: 'app',
      commitIntervalMs: 10,
      checkpointIntervalMs: 50,
      memoryBytesMax: 1024 * 1024,
      numStandbyReplicas,
    },
    topology: countingTopology(),
    broker: through ?? broker,
    directory: new TaskStateDirectory(home, systemClock, () => undefined),
    clock: systemClock,
    topics: [
      { name: 'in', partitions: PARTITIONS, config: { timestampType: 'log-append-time' } },
      { name: 'out', partitions: PARTITIONS },
    ],
    events: metrics.counting(eventsBut(() => undefined)),
  })
  metrics.watch(instance, systemClock)
  await instance.start()
  const value = async (name: string, labels = ''): Promise<number> => {
    const lines = (await registry.metrics()).split('\n')
    const found = lines.filter((line) => /^[a-z_]+/.exec(line)?.[0] === PREFIX + name)
    return found
      .filter((line) => line.includes(labels))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }
  const member = { instance, value }
  running.push(member)
  return member
}

async function send(values: readonly string[]): Promise<void> {
  const producer = broker.producer()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const records = new BatchBuilder()
    values.forEach((value, i) => {
      if (i % PARTITIONS === partition) records.append(Buffer.from(`k${i}`), Buffer.from(value), 1)
    })
    if (records.count > 0) await producer.send([{ topic: 'in', partition, records }])
  }
  await producer.close()
}

/** Waits until `isSo` holds; the test's own time limit is the only one. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(10)
}

const texts = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}`)

test('records, commits, reads and dead letters are counted as they happen', async () => {
  const member = await startMember()
  await send([...texts(40), 'poison', 'poison'])
  // Each of the 40 is processed once more behind the repartition.
  await until(async () => (await member.value('records_processed_total')) === 82)
  await until(async () => (await member.value('commit_latency_seconds_count')) > 0)
  expect(await member.value('dead_letters_total')).toBe(2)
  expect(await member.value('state_reads_total')).toBeGreaterThanOrEqual(80)
  expect(await member.value('state_disk_reads_total')).toBe(0)
  expect(await member.value('state_cached_bytes')).toBeGreaterThan(0)
  expect(await member.value('tasks', 'state="running"')).toBe(2 * PARTITIONS)
  expect(await member.value('rebalances_total')).toBe(1)
  await until(async () => (await member.value('lag_records')) === 0)
  expect(await member.value('behind_seconds')).toBe(0)
})

test('a commit that fails is counted with its cause, and its records once more', async () => {
  const faults: TransactionFault[] = ['send-refused']
  const through = faultyBroker(broker, (step) => (step === 'send' ? (faults.pop() ?? null) : null))
  const member = await startMember({ through })
  await send(['a1'])
  await until(async () => (await member.value('commit_retries_total')) === 1)
  expect(await member.value('errors_total', 'code="BROKER_RETRIABLE",outcome="retried"')).toBe(1)
  await until(async () => (await member.value('records_processed_total')) === 3)
})

test('what no task takes is behind by the time it has waited', async () => {
  const member = await startMember()
  await until(async () => (await member.value('tasks', 'state="running"')) === 2 * PARTITIONS)
  for (const runner of member.instance.runners.values()) await runner.stop()
  await send(texts(4))
  await until(async () => (await member.value('lag_records')) === 4)
  await until(async () => (await member.value('behind_seconds', 'topic="in"')) > 0.2)
})

test('a restore says how many records it passed, and what is left: nothing', async () => {
  const first = await startMember()
  await send(texts(30))
  await until(async () => (await first.value('records_processed_total')) === 60)
  await first.instance.close()
  const second = await startMember()
  await until(async () => (await second.value('tasks', 'state="running"')) === 2 * PARTITIONS)
  expect(await second.value('restored_records_total')).toBeGreaterThanOrEqual(30)
  expect(await second.value('restore_remaining_records')).toBe(0)
  expect(await second.value('restore_remaining_seconds')).toBe(0)
})

test('a standby says how far it is behind its changelogs', async () => {
  const members = [await startMember({ numStandbyReplicas: 1 })]
  members.push(await startMember({ numStandbyReplicas: 1 }))
  const sum = async (name: string, labels?: string) => {
    const values = await Promise.all(members.map((member) => member.value(name, labels)))
    return values.reduce((total, value) => total + value, 0)
  }
  await until(async () => (await sum('tasks', 'state="standby"')) === 2 * PARTITIONS)
  await send(texts(30))
  await until(async () => (await sum('lag_records')) === 0)
  const standbys = () => members.flatMap(({ instance }) => [...instance.standbys.values()])
  const appliedRecords = () => standbys().reduce((total, task) => total + task.appliedRecords, 0)
  while (appliedRecords() < 30) await sleep(10)
  await until(async () => (await sum('standby_lag_records')) === 0)
})
