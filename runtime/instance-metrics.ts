import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Clock } from '../broker/clock.ts'
import type { InstanceEvents } from './instance-events.ts'
import { readings, type Reading } from './instance-readings.ts'
import type { StreamsInstance } from './streams-instance.ts'

const PREFIX = 'attribution_streams_'

/** What followed an error: tried again, its task started anew, or the instance ended. */
type Outcome = 'retried' | 'restarted' | 'fatal'

/**
 * The metrics of an instance. What can be read is read when scraped: processing pays nothing.
 *
 * Names follow the Prometheus conventions; docs/metrics.md says what to do when one is bad.
 */
export class InstanceMetrics {
  readonly #registry: Registry
  readonly #commitLatency: Histogram
  readonly #rebalances: Counter
  readonly #errors: Counter

  constructor(registry: Registry) {
    this.#registry = registry
    this.#commitLatency = new Histogram({
      name: `${PREFIX}commit_latency_seconds`,
      help: 'Time from the start of a commit to its verdict',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    })
    this.#rebalances = new Counter({
      name: `${PREFIX}rebalances_total`,
      help: 'Assignments received from the group',
      registers: [registry],
    })
    this.#errors = new Counter({
      name: `${PREFIX}errors_total`,
      help: 'Errors by code (docs/errors.md) and what followed: retried, restarted or fatal',
      labelNames: ['code', 'outcome'],
      registers: [registry],
    })
  }

  /** Passes events on to `events`, counting them. */
  counting(events: InstanceEvents): InstanceEvents {
    return {
      ...events,
      onAssigned: (tasks) => {
        this.#rebalances.inc()
        events.onAssigned(tasks)
      },
      onCommitted: (taskId, latencyMs) => {
        this.#commitLatency.observe(latencyMs / 1000)
        events.onCommitted(taskId, latencyMs)
      },
      onRetry: (taskId, error, pauseMs) => {
        this.#count(error, 'retried')
        events.onRetry(taskId, error, pauseMs)
      },
      onMigrated: (taskId, error) => {
        this.#count(error, 'restarted')
        events.onMigrated(taskId, error)
      },
      onFatal: (error) => {
        this.#count(error, 'fatal')
        events.onFatal(error)
      },
    }
  }

  /** Adds the metrics that are read from the instance. */
  watch(instance: StreamsInstance, clock: Clock): void {
    for (const reading of readings) register(this.#registry, reading, instance, clock)
  }

  #count(error: unknown, outcome: Outcome): void {
    this.#errors.inc({ code: codeOf(error), outcome })
  }
}

/** Codes are few and stable; messages are neither. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'string') return code
  return error instanceof Error ? error.name : 'UNKNOWN'
}

function register(
  registry: Registry,
  reading: Reading,
  instance: StreamsInstance,
  clock: Clock,
): void {
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
        reading.read(instance, (labels, value) => this.set(labels, value), clock.now())
      },
    })
    return
  }
  // Counted elsewhere: it restarts with its task, as scrapers expect of counters.
  new Counter({
    ...options,
    collect() {
      this.reset()
      reading.read(instance, (labels, value) => this.inc(labels, value), clock.now())
    },
  })
}
