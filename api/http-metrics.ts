import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { EventStreamsObserver } from './events/event-streams.ts'

/** Metrics of the HTTP surface; names carry their unit last, counters end in `_total`. */
export class HttpMetrics {
  readonly registry = new Registry()
  readonly requests = new Counter({
    name: 'attribution_http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers: [this.registry],
  })
  readonly duration = new Histogram({
    name: 'attribution_http_request_duration_seconds',
    help: 'From the request head to the end of the answer; event streams are not counted.',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [this.registry],
  })
  readonly lines = new Counter({
    name: 'attribution_http_ingest_lines_total',
    help: 'Lines of uploads: accepted (durable in the log) or rejected.',
    labelNames: ['topic', 'outcome'],
    registers: [this.registry],
  })
  private readonly streams = new Gauge({
    name: 'attribution_http_event_streams',
    help: 'Event streams open now.',
    registers: [this.registry],
  })
  private readonly droppedEvents = new Counter({
    name: 'attribution_http_events_dropped_total',
    help: 'Events that slow clients of event streams did not get.',
    registers: [this.registry],
  })
  readonly streamObserver: EventStreamsObserver = {
    opened: () => this.streams.inc(),
    closed: () => this.streams.dec(),
    dropped: () => this.droppedEvents.inc(),
  }
}

let process: Registry | null = null

/**
 * Metrics of the process: memory, CPU, event loop lag, garbage collection.
 *
 * One registry for all servers of a process, made when first asked for: its observers cannot be
 * taken down again.
 */
export function processMetrics(): Registry {
  if (process === null) {
    process = new Registry()
    collectDefaultMetrics({ register: process })
  }
  return process
}
