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
  read(instance: StreamsInstance, report: Report): void
}

export const readings: readonly Reading[] = [
  {
    kind: 'counter',
    name: 'records_processed_total',
    help: 'Source records processed, by task',
    labelNames: ['task'],
    read: perTask((task) => task.processedRecords),
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
    name: 'lag_records',
    help: 'Records of an input partition not processed yet',
    labelNames: ['topic', 'partition'],
    read(instance, report) {
      for (const { topic, partition, lag } of tasksOf(instance).flatMap(({ queues }) => queues)) {
        report({ topic, partition: String(partition) }, lag)
      }
    },
  },
  {
    kind: 'gauge',
    name: 'tasks',
    help: 'Tasks of this instance by state',
    labelNames: ['state'],
    read(instance, report) {
      const counts = new Map<string, number>()
      for (const { state } of tasksOf(instance)) counts.set(state, (counts.get(state) ?? 0) + 1)
      for (const [state, count] of counts) report({ state }, count)
    },
  },
  {
    kind: 'gauge',
    name: 'restore_remaining_records',
    help: 'Changelog records still to restore, by task',
    labelNames: ['task'],
    read: perTask(({ restoreProgress, state }) =>
      restoreProgress === null || state !== 'restoring'
        ? 0
        : restoreProgress.totalRecords - restoreProgress.restoredRecords,
    ),
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
]

function tasksOf(instance: StreamsInstance): StreamTask[] {
  return [...instance.runners.values()].map(({ task }) => task)
}

function perTask(valueOf: (task: StreamTask) => number): Reading['read'] {
  return (instance, report) => {
    for (const task of tasksOf(instance)) report({ task: task.id }, valueOf(task))
  }
}
