import type { Broker, TopicSpec } from '../../broker/port.ts'
import type { CrashProbe } from '../../runtime/crash-probe.ts'
import { TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import { eventsBut } from '../support/ignored-events.ts'
import type { ProcessClock } from './process-clock.ts'

export interface MemberOptions {
  readonly broker: Broker
  readonly topology: BuiltTopology
  readonly topics: readonly TopicSpec[]
  readonly clock: ProcessClock
  /** What the member's machine holds, kept over its lives. */
  readonly disks: Map<string, MemoryDisk>
  readonly probe: CrashProbe
  readonly onFatal: (error: unknown) => void
  /** @default 0 */
  readonly numStandbyReplicas?: number
  /** How others reach it. */
  readonly applicationServer?: string
}

/** One simulated instance with disks of its own. */
export function startMember(options: MemberOptions): StreamsInstance {
  const { broker, clock, disks, onFatal, probe, topics, topology } = options
  const ignore = () => undefined
  const home = {
    open: (taskId: string) => {
      let disk = disks.get(taskId)
      if (disk === undefined) {
        disk = new MemoryDisk({ powerLoss: true })
        disks.set(taskId, disk)
      }
      return Promise.resolve(new MemoryDatabase(disk))
    },
    destroy: (taskId: string) => {
      disks.delete(taskId)
      return Promise.resolve()
    },
    existing: () => Promise.resolve([...disks.keys()]),
  }
  const instance = new StreamsInstance({
    settings: {
      applicationId: 'sim',
      commitIntervalMs: 20,
      checkpointIntervalMs: 100,
      memoryBytesMax: 128 * 1024,
      numStandbyReplicas: options.numStandbyReplicas ?? 0,
      applicationServer: options.applicationServer ?? null,
    },
    topology,
    broker,
    directory: new TaskStateDirectory(home, clock, ignore),
    clock,
    topics,
    events: eventsBut(onFatal),
    probe,
  })
  instance.start().catch(onFatal)
  return instance
}

/** Ends a member's disks where they stand; now and then the newest batches are gone too. */
export function crashDisks(disks: ReadonlyMap<string, MemoryDisk>, random: () => number): void {
  for (const disk of disks.values()) {
    const loses = random() < 0.25
    if (loses) disk.crash({ survivingBatches: Math.floor(disk.unflushedBatches / 2) })
    else disk.crash()
  }
}

/**
 * True when every task given to the member runs, has read all there is, and committed it, and its
 * standbys have read their changelogs.
 */
export function isQuiet(instance: StreamsInstance): boolean {
  if (instance.state !== 'running' || instance.plan === null) return false
  for (const { changelogLag, stores } of instance.standbys.values()) {
    if (stores === null || changelogLag > 0) return false
  }
  return [...instance.runners.values()].every(
    ({ task }) =>
      task.state === 'running' &&
      task.isSettled &&
      task.queues.every((queue) => queue.isEmpty && queue.lag === 0),
  )
}
