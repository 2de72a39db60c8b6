import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { freePorts } from '../support/kafka/free-ports.ts'
import type { RunningKafka } from '../support/kafka/running-kafka.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'
import { observationLine } from '../support/observation-lines.ts'
import { startRunning, type Running } from '../support/running-product.ts'

interface Answer {
  readonly primitives: readonly object[]
  readonly meta: { readonly stale: boolean; readonly positions: readonly { task_id: string }[] }
}

/** The whole product, two instances on one cluster: whoever is asked answers. */
await describeKafka('two instances on Kafka', () => {
  let kafka: RunningKafka
  const instances: Running[] = []

  beforeAll(async () => {
    kafka = await startKafka({})
    const ports = await freePorts(2)
    const start = (port: number) =>
      startRunning({
        BOOTSTRAP_SERVERS: kafka.bootstrapServers,
        PORT: String(port),
        PARTITIONS: '4',
        CREATE_TOPICS: 'all',
        APPLICATION_SERVER: `127.0.0.1:${port}`,
        INTERNAL_SECRET: 'secret-of-the-tests-of-no-use-elsewhere',
        NUM_STANDBY_REPLICAS: '1',
        QUERY_TIMEOUT_MS: '10000',
      })
    for (const port of ports) instances.push(await start(port))
    await vi.waitFor(
      async () => {
        for (const instance of instances) {
          await instance.getJson('/readyz')
          const { tasks } = await instance.getJson<{ tasks: { role: string }[] }>('/api/v1/tasks')
          expect(tasks.filter(({ role }) => role === 'active')).toHaveLength(5)
        }
      },
      { timeout: 60_000, interval: 500 },
    )
  }, 180_000)

  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.dispose()))
    await kafka.dispose()
  }, 60_000)

  it('reads at either what was written at one, as soon as it asks for it', async () => {
    const [first, second] = instances as [Running, Running]
    const ids = Array.from({ length: 12 }, (_, i) => `attacker-${i}`)
    const uploaded = await fetch(`${first.url}/api/v1/observations`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: ids.map((id) => observationLine(id)).join(''),
    })
    const { positions } = (await uploaded.json()) as {
      positions: { topic: string; partition: number; offset: number }[]
    }
    const bound = positions.map((at) => `${at.topic}:${at.partition}:${at.offset}`).join(',')
    for (const instance of [second, first]) {
      for (const id of ids) {
        const path = `/api/v1/attackers/${id}/attribution?min_position=${bound}`
        const { meta, primitives } = await instance.getJson<Answer>(path)
        expect([primitives.length, meta.stale]).toEqual([1, false])
      }
      const list = await instance.getJson<{ total: number } & Answer>(
        `/api/v1/identities?min_position=${bound}`,
      )
      expect(list.total).toBe(ids.length)
      const tasks = list.meta.positions.map(({ task_id }) => task_id)
      expect(tasks.filter((task) => task.startsWith('1_'))).toHaveLength(4)
    }
  }, 60_000)
})
