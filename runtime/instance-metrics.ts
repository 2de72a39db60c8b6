import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { InstanceEvents } from './instance-events.ts'
import { readings, type Reading } from './instance-readings.ts'
import type { StreamsInstance } from './streams-instance.ts'

const PREFIX = 'attribution_streams_'

/**
 * The metrics of an instance. What can be read is read when scraped: processing pays nothing.
 *
 * Names follow the Prometheus conventions; docs/operations.md says what to do when one is bad.
 */
export class InstanceMetrics {
  readonly #registry: Registry
  readonly #commitLatency: Histogram
  readonly #retries: Counter
  readonly #rebalances: Counter

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

  /** Adds the metrics that are read from the instance. */
  watch(instance: StreamsInstance): void {
    for (const reading of readings) register(this.#registry, reading, instance)
  }
}

function register(registry: Registry, reading: Reading, instance: StreamsInstance): void {
  const { help, labelNames, name } = reading
  const options = {
    name: PREFIX + name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  }
  if (reading.kind === 'gauge') {
    new Gauge({
      ...options,
      collect() {
        this.reset()
        reading.read(instance, (labels, value) => this.set(labels, value))
      },
    })
    return
  }
  // Counted elsewhere: it restarts with its task, as scrapers expect of counters.
  new Counter({
    ...options,
    collect() {
      this.reset()
      reading.read(instance, (labels, value) => this.inc(labels, value))
    },
  })
}
