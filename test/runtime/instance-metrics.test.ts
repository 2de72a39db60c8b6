import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { InstanceMetrics } from '../../runtime/instance-metrics.ts'
import { readings } from '../../runtime/instance-readings.ts'

const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const documented = new Set(operations.match(/attribution_streams_[a-z_]+/g))

test('every metric of an instance is documented, and nothing else is', async () => {
  const registry = new Registry()
  const metrics = new InstanceMetrics(registry)
  metrics.events.onAssigned(['0_0'])
  metrics.events.onCommitted('0_0', 12)
  metrics.events.onRetry('0_0', new Error('disk'), 100)
  const own = registry.getMetricsAsArray().map(({ name }) => name)
  const read = readings.map(({ name }) => `attribution_streams_${name}`)
  expect([...documented].sort()).toEqual([...own, ...read].sort())
  const text = await registry.metrics()
  expect(text).toContain('attribution_streams_rebalances_total 1')
  expect(text).toContain('attribution_streams_retries_total{error="Error"} 1')
  expect(text).toContain('attribution_streams_commit_latency_seconds_count 1')
})
