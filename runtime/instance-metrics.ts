import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { InstanceEvents } from './instance-events.ts'
import type { StreamsInstance } from './streams-instance.ts'

const PREFIX = 'attribution_streams_'

/**
 * The metrics of an instance, read when scraped: processing pays nothing for them.
 *
 * Names follow the Prometheus conventions; docs/operations.md says what to do when one is bad.
 */
export class InstanceMetrics {
  readonly #commitLatency: Histogram
  readonly #retries: Counter
  readonly #rebalances: Counter
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
    this.#commitLatency = new Histogram({
      name: `${PREFIX}commit_latency_seconds`,
      help: 'Time from the start of a commit to its verdict',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    })
    this.#retries = new Counter({
      name: `${PREFIX}retries_total`,
      help: 'Failures that were tried again, by error class',
      labelNames: ['error'],
      registers: [registry],
    })
    this.#rebalances = new Counter({
      name: `${PREFIX}rebalances_total`,
      help: 'Assignments received from the group',
      registers: [registry],
    })
  }

  /** Events to be passed on by the instance's owner. */
  readonly events: Pick<InstanceEvents, 'onAssigned' | 'onCommitted' | 'onRetry'> = {
    onAssigned: () => this.#rebalances.inc(),
    onCommitted: (_taskId, latencyMs) => this.#commitLatency.observe(latencyMs / 1000),
    onRetry: (_taskId, error) => {
      this.#retries.inc({ error: error instanceof Error ? error.name : 'unknown' })
    },
  }

  /** Adds the gauges and counters that read the instance. */
  watch(instance: StreamsInstance): void {
    const registers = [this.#registry]
    const tasks = () => [...instance.runners.values()].map(({ task }) => task)
    counter('records_processed_total', 'Source records processed, by task', ['task'], (set) => {
      for (const task of tasks()) set({ task: task.id }, task.processedRecords)
    })
    counter('dead_letters_total', 'Records sent to the dead letters', ['task'], (set) => {
      for (const task of tasks()) set({ task: task.id }, task.deadLetterCount)
    })
    gauge('lag_records', 'Records not processed yet', ['topic', 'partition'], (set) => {
      for (const task of tasks()) {
        for (const { topic, partition, lag } of task.queues) {
          set({ topic, partition: String(partition) }, lag)
        }
      }
    })
    gauge('tasks', 'Tasks of this instance by state', ['state'], (set) => {
      const counts = new Map<string, number>()
      for (const { state } of tasks()) counts.set(state, (counts.get(state) ?? 0) + 1)
      for (const [state, count] of counts) set({ state }, count)
    })
    gauge('restore_remaining_records', 'Changelog records still to restore', ['task'], (set) => {
      for (const task of tasks()) {
        const progress = task.state === 'restoring' ? task.restoreProgress : null
        if (progress !== null) {
          set({ task: task.id }, progress.totalRecords - progress.restoredRecords)
        }
      }
    })
    counter('node_events_total', 'Counters that processors keep', ['node', 'counter'], (set) => {
      for (const [name, value] of instance.counters) {
        const slash = name.indexOf('/')
        set({ node: name.slice(0, slash), counter: name.slice(slash + 1) }, value)
      }
    })

    function gauge(name: string, help: string, labelNames: string[], read: Read): void {
      new Gauge({
        name: PREFIX + name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset()
          read((labels, value) => this.set(labels, value))
        },
      })
    }

    /** A counter kept elsewhere: it restarts with its task, as scrapers expect of counters. */
    function counter(name: string, help: string, labelNames: string[], read: Read): void {
      new Counter({
        name: PREFIX + name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset()
          read((labels, value) => this.inc(labels, value))
        },
      })
    }
  }
}

type Read = (set: (labels: Record<string, string>, value: number) => void) => void
