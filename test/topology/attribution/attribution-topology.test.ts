import { expect, test } from 'vitest'
import { TopologyTestDriver } from '../../../runtime/topology-test-driver.ts'
import { deserializerFor } from '../../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import { attributionTopology } from '../../../topology/attribution/attribution-topology.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'

const registry = new InProcessRegistry()

test('observations become state changes of the attacker’s stub identity', async () => {
  const topology = attributionTopology({ registry, outputFormat: 'avro' }).build()
  const driver = new TopologyTestDriver(topology, { wallClockMs: 1_714_000_000_000 })
  for (let i = 0; i < 4; i++) {
    const value = {
      attacker_uuid: 'att-a',
      id: `id-${i}`,
      v: 1,
      ts: 1_714_000_000 + i,
      primitive: 'motor.keystroke_cadence',
      value: 'steady',
      confidence: 0.9,
      window: { start_ts: 0, end_ts: 1 },
      source: 'sensor',
      evidence_ref: null,
      identity_ref: null,
    }
    await driver.pipe(PUBLIC_TOPICS.observation, {
      key: 'att-a',
      value: Buffer.from(JSON.stringify(value)),
      timestampMs: 1_714_000_000_000,
    })
  }
  expect(driver.deadLetters).toEqual([])
  const changes = driver.readValues(
    PUBLIC_TOPICS['state-changed'],
    deserializerFor('state-changed', registry),
  )
  expect(
    changes.map(({ value }) => [value.identity_uuid, value.old_state, value.new_state]),
  ).toEqual([
    [stubIdentity('att-a'), null, 'unknown'],
    [stubIdentity('att-a'), 'unknown', 'stable'],
  ])
})
