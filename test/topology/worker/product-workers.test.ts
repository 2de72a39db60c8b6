import { describe, expect, test } from 'vitest'
import { rawValue } from '../../../broker/record-batch/record-fields.ts'
import { TopologyTestDriver } from '../../../runtime/topology-test-driver.ts'
import { InProcessRegistry } from '../../../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS, workerTopic } from '../../../schemas/topics.ts'
import type { WorkerAction, WorkerHealth, WorkerName } from '../../../schemas/worker-records.ts'
import type { BuiltTopology } from '../../../topology/nodes.ts'
import { resolvePartitionCounts } from '../../../topology/partition-counts.ts'
import { productSerdes, productTopology } from '../../../topology/product-topology.ts'
import type { WorkerRow } from '../../../topology/worker/worker-row.ts'

const PASS_MS = 250
const MINUTE_MS = 60_000

function built(): BuiltTopology {
  return productTopology({
    attribution: {},
    clusterer: 'connected-components',
    genericEvidenceLimit: 1_000,
    hasWorkers: true,
    serdes: productSerdes(new InProcessRegistry(), 'json'),
  }).build()
}

/** The whole product, whose attackers merge by a fingerprint that they share. */
class Workers {
  readonly driver: TopologyTestDriver
  #ms = 1_000

  constructor(missEverything = false) {
    this.driver = new TopologyTestDriver(built(), { partitions: 3, missEverything })
  }

  async tell(worker: WorkerName, action: WorkerAction): Promise<void> {
    const control = { action, requested_by: 'test', ts: this.#ms }
    await this.#pipe(workerTopic(worker, 'control'), worker, control)
  }

  /** A profile of an attacker that runs one payload and calls one endpoint. */
  async profile(attacker: string, hassh: string, c2: string): Promise<void> {
    await this.#pipe(PUBLIC_TOPICS['attacker-profile'], attacker, {
      attacker_uuid: attacker,
      attacker_ip: null,
      first_seen: this.#ms,
      last_seen: this.#ms,
      asn: null,
      fingerprints: [{ kind: 'hassh', hash: hassh, value: null }],
      payload_hashes: [],
      c2_endpoints: [c2],
    })
  }

  async pass(): Promise<void> {
    await this.driver.advanceWallClock(PASS_MS)
  }

  /** Values written to a topic since the last call. */
  taken<V>(topic: string): V[] {
    const decode = (raw: Parameters<typeof rawValue>[0]) => JSON.parse(String(rawValue(raw))) as V
    return this.driver.readValues(topic, decode).map(({ value }) => value)
  }

  health(worker: WorkerName): WorkerHealth[] {
    return this.taken(workerTopic(worker, 'health'))
  }

  row(worker: WorkerName): Promise<WorkerRow | undefined> {
    return this.driver.store<WorkerRow>(`${worker}-worker`).get(worker)
  }

  async #pipe(topic: string, key: string, value: object): Promise<void> {
    const timestampMs = this.#ms++
    await this.driver.pipe(topic, { key, value: Buffer.from(JSON.stringify(value)), timestampMs })
  }
}

describe.each([false, true])('with every read missing first: %s', (missEverything) => {
  test('paused, nothing is announced; resumed, one pass announces all of it', async () => {
    const world = new Workers(missEverything)
    await world.profile('a', 'h', 'c2')
    await world.pass()
    expect(world.taken(PUBLIC_TOPICS['identity-formed'])).toHaveLength(1)

    await world.tell('identify', 'pause')
    await world.profile('b', 'h', 'c2')
    await world.profile('x', 'other', 'c2')
    for (let i = 0; i < 3; i++) await world.pass()
    expect(world.taken(PUBLIC_TOPICS['identity-formed'])).toEqual([])
    expect(world.taken(PUBLIC_TOPICS['identity-observation-linked'])).toEqual([])
    expect(world.taken(PUBLIC_TOPICS['identity-link'])).toEqual([])
    expect(await world.row('identify')).toMatchObject({ status: 'paused', members: 1 })

    await world.tell('identify', 'resume')
    await world.pass()
    expect(world.taken(PUBLIC_TOPICS['identity-formed'])).toMatchObject([
      { observation_uuids: ['x'] },
    ])
    expect(world.taken(PUBLIC_TOPICS['identity-observation-linked'])).toMatchObject([
      { observation_uuid: 'b' },
    ])
    const row = { status: 'running', passes: 2, pending: 0, members: 3, groups: 2, failures: 0 }
    expect(await world.row('identify')).toMatchObject(row)
    expect(world.driver.failures).toEqual([])
    expect(world.driver.deadLetters).toEqual([])
  })
})

test('a run while paused announces what is pending once, and the worker stays paused', async () => {
  const world = new Workers()
  await world.tell('identify', 'pause')
  await world.profile('a', 'h', 'c2')
  await world.pass()
  expect(world.taken(PUBLIC_TOPICS['identity-formed'])).toEqual([])
  await world.tell('identify', 'run')
  await world.pass()
  expect(world.taken(PUBLIC_TOPICS['identity-formed'])).toHaveLength(1)
  await world.profile('b', 'h2', 'c2')
  await world.pass()
  expect(world.taken(PUBLIC_TOPICS['identity-formed'])).toEqual([])
  expect(await world.row('identify')).toMatchObject({ status: 'paused', passes: 1 })
})

test('a pause of the campaigns does not hold identities, nor what they pool', async () => {
  const world = new Workers()
  await world.tell('campaign', 'pause')
  await world.profile('a', 'h1', 'c2')
  await world.profile('b', 'h2', 'c2')
  await world.pass()
  await world.pass()
  expect(world.taken(PUBLIC_TOPICS['identity-formed'])).toHaveLength(2)
  expect(world.taken(PUBLIC_TOPICS['campaign-formed'])).toEqual([])
  await world.tell('campaign', 'resume')
  await world.pass()
  const formed = world.taken<{ identity_uuids: string[] }>(PUBLIC_TOPICS['campaign-formed'])
  expect(formed.flatMap(({ identity_uuids }) => identity_uuids)).toHaveLength(2)
  expect(await world.row('campaign')).toMatchObject({ members: 2, groups: 1 })
})

test('a command outlives a restart, before it took effect and after', async () => {
  const world = new Workers()
  await world.profile('a', 'h', 'c2')
  await world.pass()
  await world.tell('identify', 'pause')
  await world.driver.restart()
  await world.profile('b', 'h', 'c2')
  await world.tell('identify', 'run')
  await world.driver.restart()
  await world.pass()
  expect(world.taken(PUBLIC_TOPICS['identity-observation-linked'])).toHaveLength(1)
  await world.driver.restart()
  await world.pass()
  expect(await world.row('identify')).toMatchObject({ status: 'paused', passes: 2 })
})

test('a worker tells how it is at once, then every minute, and when its status changes', async () => {
  const world = new Workers()
  await world.pass()
  expect(world.health('identify')).toMatchObject([{ worker: 'identify', status: 'running' }])
  expect(world.health('campaign')).toMatchObject([{ worker: 'campaign', status: 'running' }])
  for (let ms = PASS_MS; ms < MINUTE_MS; ms += PASS_MS) await world.pass()
  expect(world.health('identify')).toEqual([])
  await world.pass()
  expect(world.health('identify')).toMatchObject([{ last_pass_ts: null, pending: 0 }])
  await world.tell('identify', 'pause')
  await world.profile('a', 'h', 'c2')
  await world.pass()
  const [paused, ...more] = world.health('identify')
  expect(paused).toMatchObject({ status: 'paused', members: 0 })
  expect(paused!.pending).toBeGreaterThan(0)
  expect(more).toEqual([])
})

test('a command that is none goes to the dead letters, and the worker goes on', async () => {
  const world = new Workers()
  const topic = workerTopic('identify', 'control')
  for (const text of ['{"action":"stop","requested_by":"x","ts":1}', '{}', 'pause']) {
    await world.driver.pipe(topic, { key: null, value: Buffer.from(text), timestampMs: 1 })
  }
  expect(world.driver.deadLetters.map((each) => each.topic)).toEqual([topic, topic, topic])
  await world.profile('a', 'h', 'c2')
  await world.pass()
  expect(world.taken(PUBLIC_TOPICS['identity-formed'])).toHaveLength(1)
})

test('a control topic of several partitions is refused, and the message says what to do', () => {
  const topology = built()
  const counts = new Map(
    topology.subTopologies.flatMap(({ sources }) =>
      sources.flatMap(({ topics }) => topics.map((topic) => [topic, 3] as const)),
    ),
  )
  expect(() => resolvePartitionCounts(topology, counts)).toThrow(
    'source identify-control needs topic system.identify.control to have 1 partition; it has 3.',
  )
})
