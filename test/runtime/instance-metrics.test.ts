import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { RetriableError } from '../../broker/errors.ts'
import { TaskMigratedError } from '../../runtime/errors.ts'
import { InstanceMetrics } from '../../runtime/instance-metrics.ts'
import { readings } from '../../runtime/instance-readings.ts'
import { eventsBut } from '../support/ignored-events.ts'

const PREFIX = 'attribution_streams_'
const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
/** First cells of the tables: a metric each, or several that belong together. */
const documented = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([a-z_0-9]+)`/g)].map(([, name]) => name!))
  .filter((name) => !name.startsWith('nodejs_'))
  .map((name) => PREFIX + name)

function ownNames(): string[] {
  const registry = new Registry()
  new InstanceMetrics(registry)
  const own = registry.getMetricsAsArray().map(({ name }) => name)
  return [...own, ...readings.map(({ name }) => PREFIX + name)]
}

test('docs/metrics.md has every metric of an instance, once, and no other', () => {
  expect([...documented].sort()).toEqual(ownNames().sort())
})

test('docs/metrics.md says of each of the dozen when it is bad and what to do then', () => {
  const [, table = ''] = page.split(/^## /m)
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows).toHaveLength(12)
  for (const row of rows) {
    const cells = row.split('|').slice(1, -1)
    expect(cells).toHaveLength(4)
    for (const cell of cells.slice(1)) expect(cell.trim().length, row).toBeGreaterThan(10)
  }
})

test('metrics are named by the conventions: units last, _total for counters and nothing else', () => {
  const units = /_(seconds|records|bytes|total)$|^tasks$/
  for (const { kind, name } of readings) {
    expect(name, name).toMatch(units)
    expect(name.endsWith('_total'), name).toBe(kind === 'counter')
  }
})

test('metrics carry no label whose values the data decides', () => {
  const bounded = ['task', 'topic', 'partition', 'state', 'node', 'counter']
  const labels = new Set(readings.flatMap(({ labelNames }) => labelNames))
  expect([...labels].filter((label) => !bounded.includes(label))).toEqual([])
})

test('events are counted and passed on; errors by their code and what followed', async () => {
  const registry = new Registry()
  const told: string[] = []
  const events = new InstanceMetrics(registry).counting({
    ...eventsBut((error) => told.push(`fatal ${String(error)}`)),
    onAssigned: (tasks) => told.push(`assigned ${tasks.join()}`),
    onCommitted: (taskId) => told.push(`committed ${taskId}`),
    onRetry: (taskId) => told.push(`retry ${taskId}`),
    onMigrated: (taskId) => told.push(`migrated ${taskId}`),
  })
  events.onAssigned(['0_0', '0_1'])
  events.onCommitted('0_0', 12)
  events.onRetry('0_0', new RetriableError('away'), 100)
  events.onRetry('0_1', new RetriableError('still away'), 200)
  events.onRetry('0_1', 'no error at all', 200)
  events.onMigrated('0_0', new TaskMigratedError('gone'))
  events.onFatal(new TypeError('a bug'))
  expect(told).toEqual([
    'assigned 0_0,0_1',
    'committed 0_0',
    'retry 0_0',
    'retry 0_1',
    'retry 0_1',
    'migrated 0_0',
    'fatal TypeError: a bug',
  ])
  const text = await registry.metrics()
  for (const line of [
    `${PREFIX}rebalances_total 1`,
    `${PREFIX}commit_latency_seconds_count 1`,
    `${PREFIX}errors_total{code="BROKER_RETRIABLE",outcome="retried"} 2`,
    `${PREFIX}errors_total{code="UNKNOWN",outcome="retried"} 1`,
    `${PREFIX}errors_total{code="TASK_MIGRATED",outcome="restarted"} 1`,
    `${PREFIX}errors_total{code="TypeError",outcome="fatal"} 1`,
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})
