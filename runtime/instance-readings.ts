import type { StreamTask } from './stream-task.ts'
import type { StreamsInstance } from './streams-instance.ts'

export type Report = (labels: Record<string, string>, value: number) => void

/** A metric whose values an instance already has. */
export interface Reading {
  readonly kind: 'counter' | 'gauge'
  /** Without the product's prefix. */
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  /** @param nowMs by the instance's clock */
  read(instance: StreamsInstance, report: Report, nowMs: number): void
}

/** In the order of docs/metrics.md: what matters most comes first. */
export const readings: readonly Reading[] = [
  {
    kind: 'counter',
    name: 'records_processed_total',
    help: 'Source records processed, by task',
    labelNames: ['task'],
    read: perTask((task) => task.processedRecords),
  },
  {
    kind: 'gauge',
    name: 'behind_seconds',
    help: 'For how long the oldest record of an input partition waits that is not processed yet',
    labelNames: ['topic', 'partition'],
    read: perQueue((queue, nowMs) => queue.delayMs(nowMs) / 1000),
  },
  {
    kind: 'gauge',
    name: 'lag_records',
    help: 'Records of an input partition not processed yet',
    labelNames: ['topic', 'partition'],
    read: perQueue((queue) => queue.lag),
  },
  {
    kind: 'counter',
    name: 'commit_retries_total',
    help: 'Commits that failed and whose records were processed again, by task',
    labelNames: ['task'],
    read(instance, report) {
      for (const { repeatedCommits, task } of instance.runners.values()) {
        report({ task: task.id }, repeatedCommits)
      }
    },
  },
  {
    kind: 'counter',
    name: 'dead_letters_total',
    help: 'Records sent to the dead letters, by task',
    labelNames: ['task'],
    read: perTask((task) => task.deadLetterCount),
  },
  {
    kind: 'gauge',
    name: 'tasks',
    help: 'Tasks of this instance by state; standby tasks are those it keeps warm for others',
    labelNames: ['state'],
    read(instance, report) {
      const counts = new Map<string, number>()
      for (const { state } of tasksOf(instance)) counts.set(state, (counts.get(state) ?? 0) + 1)
      if (instance.standbys.size > 0) counts.set('standby', instance.standbys.size)
      for (const [state, count] of counts) report({ state }, count)
    },
  },
  {
    kind: 'counter',
    name: 'restored_records_total',
    help: 'Changelog records that the restore of a task has passed',
    labelNames: ['task'],
    read: perTask((task) => task.restoreProgress?.restoredRecords ?? 0),
  },
  {
    kind: 'gauge',
    name: 'restore_remaining_records',
    help: 'Changelog records still to restore, by task',
    labelNames: ['task'],
    read: perTask((task) => {
      const progress = restoreOf(task)
      return progress === null ? 0 : progress.totalRecords - progress.restoredRecords
    }),
  },
  {
    kind: 'gauge',
    name: 'restore_remaining_seconds',
    help: 'Time that the restore of a task will still take at its rate so far; absent: not known yet',
    labelNames: ['task'],
    read(instance, report) {
      for (const task of tasksOf(instance)) {
        const progress = restoreOf(task)
        const remainingMs = progress === null ? 0 : progress.remainingMs
        if (remainingMs !== null) report({ task: task.id }, remainingMs / 1000)
      }
    },
  },
  {
    kind: 'gauge',
    name: 'standby_lag_records',
    help: 'Changelog records that a standby task has not applied yet',
    labelNames: ['task'],
    read(instance, report) {
      for (const task of instance.standbys.values()) report({ task: task.id }, task.changelogLag)
    },
  },
  {
    kind: 'counter',
    name: 'state_reads_total',
    help: 'Reads of state by processors, by task',
    labelNames: ['task'],
    read: perTask((task) => task.stores?.reads ?? 0),
  },
  {
    kind: 'counter',
    name: 'state_disk_reads_total',
    help: 'Keys and groups of state read from disk since memory did not have them, by task',
    labelNames: ['task'],
    read: perTask((task) => task.stores?.diskReads ?? 0),
  },
  {
    kind: 'gauge',
    name: 'state_cached_bytes',
    help: 'Approximate bytes of decoded state in memory, by task',
    labelNames: ['task'],
    read: perTask((task) => task.stores?.cachedBytes ?? 0),
  },
  {
    kind: 'counter',
    name: 'node_events_total',
    help: 'Counters that processors keep, such as misplaced keys and misses',
    labelNames: ['node', 'counter'],
    read(instance, report) {
      for (const [name, value] of instance.counters) {
        const slash = name.indexOf('/')
        report({ node: name.slice(0, slash), counter: name.slice(slash + 1) }, value)
      }
    },
  },
  {
    kind: 'counter',
    name: 'global_table_undecodable_records_total',
    help: 'Records of global tables that could not be decoded: the table keeps the former value',
    labelNames: [],
    read(instance, report) {
      report({}, instance.globalTables.undecodable)
    },
  },
]

function tasksOf(instance: StreamsInstance): StreamTask[] {
  return [...instance.runners.values()].map(({ task }) => task)
}

/** Null: it does not restore (any more). */
function restoreOf(task: StreamTask): StreamTask['restoreProgress'] {
  return task.state === 'restoring' ? task.restoreProgress : null
}

function perTask(valueOf: (task: StreamTask) => number): Reading['read'] {
  return (instance, report) => {
    for (const task of tasksOf(instance)) report({ task: task.id }, valueOf(task))
  }
}

function perQueue(
  valueOf: (queue: StreamTask['queues'][number], nowMs: number) => number,
): Reading['read'] {
  return (instance, report, nowMs) => {
    for (const queue of tasksOf(instance).flatMap(({ queues }) => queues)) {
      const { partition, topic } = queue
      report({ topic, partition: String(partition) }, valueOf(queue, nowMs))
    }
  }
}
