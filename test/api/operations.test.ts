import { Counter, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { apiUnderTest } from '../support/api-under-test.ts'

const running = {
  taskId: '0_0',
  state: 'running',
  inputs: [{ topic: 'attacker.observation', partition: 0, offset: 42 }],
  lag: 5,
  role: 'active' as const,
  stale: false,
  stalenessMs: 0,
  restore: null,
}

const restoring = {
  taskId: '0_1',
  state: 'restoring',
  inputs: [],
  lag: 0,
  role: 'active' as const,
  stale: true,
  stalenessMs: 0,
  restore: { restoredRecords: 10, totalRecords: 40, recordsPerSecond: 5, remainingMs: 6000 },
}

test('tasks show state, positions, lag and how far a restore is', async () => {
  const { app, query } = apiUnderTest()
  query.statuses = [running, restoring]
  const response = await app.inject('/api/v1/tasks')
  expect(response.headers['x-attribution-lag']).toBe('5')
  expect(response.json()).toMatchObject({
    tasks: [
      { task_id: '0_0', state: 'running', lag: 5, restore: null, inputs: running.inputs },
      {
        task_id: '0_1',
        state: 'restoring',
        restore: {
          restored_records: 10,
          total_records: 40,
          records_per_second: 5,
          remaining_ms: 6000,
        },
      },
    ],
    meta: { lag: 5 },
  })
})

test('restoring is alive but not ready', async () => {
  const { app, query } = apiUnderTest()
  query.statuses = [running, restoring]
  expect((await app.inject('/livez')).json()).toEqual({ live: true })
  const notReady = await app.inject('/readyz')
  expect([notReady.statusCode, notReady.headers['retry-after']]).toEqual([503, '1'])
  expect(notReady.json()).toEqual({
    ready: false,
    reasons: ['task 0_1 is restoring: 10 of 40 records'],
  })
})

test('an instance without tasks is not ready; one whose tasks all answer is', async () => {
  const { app, query } = apiUnderTest()
  expect((await app.inject('/readyz')).json()).toMatchObject({ ready: false })
  query.statuses = [running, { ...running, taskId: '0_1', state: 'running (retrying)' }]
  const ready = await app.inject('/readyz')
  expect([ready.statusCode, ready.json()]).toEqual([200, { ready: true, reasons: [] }])
})

test.each([
  ['', 'application/json', '{"nodes":[]}'],
  ['?format=json', 'application/json', '{"nodes":[]}'],
  ['?format=text', 'text/plain', 'text'],
  ['?format=dot', 'text/vnd.graphviz', 'digraph {}'],
  ['?format=mermaid', 'text/vnd.mermaid', 'flow'],
])('the topology is served as asked for: %s', async (query, type, body) => {
  const { app } = apiUnderTest()
  const response = await app.inject(`/api/v1/topology${query}`)
  expect(response.headers['content-type']).toBe(`${type}; charset=utf-8`)
  expect(response.body).toBe(body)
})

test('metrics are those of the process, of HTTP and of the runtime', async () => {
  const metrics = new Registry()
  new Counter({ name: 'runtime_things_total', help: 'x', registers: [metrics] }).inc(3)
  const { app } = apiUnderTest({ metrics })
  await app.inject('/api/v1/identities')
  await app.inject('/nowhere/at/all')
  const { body, headers } = await app.inject('/metrics')
  expect(headers['content-type']).toContain('text/plain; version=0.0.4')
  expect(body).toContain('runtime_things_total 3')
  expect(body).toContain('process_resident_memory_bytes')
  expect(body).toContain(
    'attribution_http_requests_total{method="GET",route="/api/v1/identities",status="200"} 1',
  )
  // Paths that no route has share one label: a scanner must not make a time series of each.
  expect(body).toContain('{method="GET",route="unknown",status="404"} 1')
})

test('the front page names where to go next', async () => {
  const { app } = apiUnderTest()
  const { next } = (await app.inject('/')).json<{ next: Record<string, string> }>()
  for (const path of Object.keys(next).filter((path) => !path.endsWith('/events'))) {
    expect((await app.inject(path)).statusCode, path).toBe(200)
  }
})
