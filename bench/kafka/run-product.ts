/**
 * The product's side: `run-product <bootstrap servers> <application id> <state dir>`. Runs until
 * SIGTERM and prints a JSON line when its tasks are assigned, and one when they run.
 */
import path from 'node:path'
import { systemClock } from '../../broker/clock.ts'
import { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import { rocksDbHome, TaskStateDirectory } from '../../runtime/state-directory.ts'
import { RepartitionPurge } from '../../runtime/repartition-purge.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { silentEvents, benchConfig } from '../bench-config.ts'
import { withCpuShares } from '../cpu-share.ts'
import { peerTopology } from './peer-topology.ts'

const [bootstrapServers = '', applicationId = '', stateDir = '', mode = ''] = process.argv.slice(2)

const broker = await KafkaBroker.connect({
  bootstrapServers: bootstrapServers.split(','),
  clientId: applicationId,
  security: { protocol: 'PLAINTEXT' },
  clock: systemClock,
})
const startedMs = performance.now()
const directory = new TaskStateDirectory(
  rocksDbHome(path.join(stateDir, applicationId)),
  systemClock,
  (taskId, error) => silentEvents.onWipe(taskId, error),
)
const instance = new StreamsInstance({
  settings: { ...benchConfig(stateDir), applicationId },
  topology: peerTopology(),
  broker,
  directory,
  clock: systemClock,
  topics: [],
  events: silentEvents,
})
await instance.start()
const purge = new RepartitionPurge(instance, broker, systemClock, (error) =>
  silentEvents.onFatal(error),
)
purge.start()
const assignedMs = performance.now()
const tasks = () => [...instance.runners.values()].map(({ task }) => task)
while (!tasks().every(({ state }) => state === 'running')) {
  await new Promise((resolve) => setTimeout(resolve, 10))
}
const restoredRecords = tasks().reduce(
  (sum, { restoreProgress }) => sum + (restoreProgress?.restoredRecords ?? 0),
  0,
)
console.log(
  JSON.stringify({
    assignedMs: Math.round(assignedMs - startedMs),
    restoredMs: Math.round(performance.now() - assignedMs),
    restoredRecords,
  }),
)
const stopped = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()))
if (mode === 'profile') {
  const shares = await withCpuShares(() => stopped)
  console.log(JSON.stringify({ shares: Object.fromEntries(shares) }))
} else await stopped
await purge.close()
await instance.close()
await broker.close()
