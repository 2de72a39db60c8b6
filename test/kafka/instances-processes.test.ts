import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { changelogTopic } from '../../runtime/internal-topics.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { violations } from '../support/attribution-oracle.ts'
import { gatherKafkaEvidence } from '../support/chaos/kafka-evidence.ts'
import { ProductDeployment, TASKS, untilRunning } from '../support/deployment/product-group.ts'
import type { ProductMember } from '../support/deployment/product-member.ts'
import { missingEffects } from '../support/deployment/missing-effects.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'

/** A restart on a busy machine must fit into it. */
const STATIC_SESSION_TIMEOUT_MS = 8_000
const REBALANCES = 'attribution_streams_rebalances_total'

/** The product as an operator runs it: processes that are killed, restarted, moved. */
await describeKafka('instances as processes', () => {
  let deployment: ProductDeployment

  beforeAll(async () => {
    deployment = await ProductDeployment.start()
  }, 120_000)

  afterAll(async () => {
    await deployment.dispose()
  }, 60_000)

  // First, while no other application has used the broker: whatever is there is of this one.
  it('at least once: killed ones leave every effect of every input, without transactions', async () => {
    const id = 'at-least-once'
    const settings = {
      PROCESSING_GUARANTEE: 'at_least_once',
      NUM_STANDBY_REPLICAS: '1',
      CHECKPOINT_INTERVAL_MS: '500',
    }
    const members = [deployment.member(id, settings), deployment.member(id, settings)]
    await Promise.all(members.map((member) => member.start()))
    const sent = deployment.load(2_000, 3_000)
    for (const member of members) {
      await pause(800)
      await member.kill()
      await member.start()
    }
    await sent
    await deployment.untilCaughtUp(id)
    expect(await Promise.all(members.map((member) => member.stop()))).toEqual([0, 0])
    const { acknowledged, broker, kafka, topology } = deployment
    const evidence = await gatherKafkaEvidence({
      bootstrapServers: kafka.bootstrapServers,
      applicationId: id,
      topology,
      stateDirs: members.map(({ stateDir }) => stateDir),
      acknowledged,
    })
    // Twice is what the guarantee allows, of outputs, of effects and of dead letters.
    const isStore = (found: string) => found.startsWith('I2: store')
    expect(violations(evidence, stubIdentity).filter(isStore)).toEqual([])
    expect(missingEffects(evidence, stubIdentity)).toEqual([])
    const invalid = evidence.inputs.flat().filter((input) => input === null).length
    expect(new Set(evidence.deadLetters).size).toBe(invalid)
    expect(await broker.describeTopics(['__transaction_state'])).toEqual([])
  }, 120_000)

  it('a crash wipes nothing: a restore reads what came after the checkpoint', async () => {
    const id = 'crash'
    // What is on disk at the end of a life is there by its graceful end alone.
    const settings = { CHECKPOINT_INTERVAL_MS: '3600000', GROUP_INSTANCE_ID: 'only' }
    const member = deployment.member(id, settings)
    const restart = async (): Promise<number> => {
      await member.start()
      await untilRunning([member])
      return member.restoredRecords()
    }
    await member.start()
    await deployment.load(1_500)
    await deployment.untilCaughtUp(id)
    await member.stop()
    const before = await changelogRecords(deployment, id)
    expect(await restart()).toBe(0)

    await deployment.load(100)
    await deployment.untilCaughtUp(id)
    await member.kill()
    const after = await changelogRecords(deployment, id)
    const warm = await restart()
    expect(warm).toBeGreaterThan(0)
    expect(warm).toBeLessThanOrEqual(after - before)

    await member.kill()
    await member.wipe()
    await member.start()
    // Some tasks are restored, others are in the middle of it.
    await vi.waitFor(() => expect(member.restoredRecords()).toBeGreaterThan(0), {
      timeout: 10_000,
      interval: 2,
    })
    await member.kill()
    const kept = member.restoredRecords()
    const rest = await restart()
    expect(kept).toBeGreaterThan(0)
    expect(rest).toBeLessThanOrEqual(after - kept)

    await member.kill()
    await member.wipe()
    const cold = await restart()
    expect(cold).toBeGreaterThan(5 * warm)
    expect(cold).toBeLessThanOrEqual(after)
    console.log(
      `restored: ${warm} after a crash, ${rest} after one while restoring, ${cold} of all`,
    )
    await member.stop()
  }, 120_000)

  it('a static restart moves nothing, and a moved endpoint is told', async () => {
    const [first, second] = await startPair(deployment, 'pair')
    await deployment.untilCaughtUp('pair')
    const tasks = await second.activeTasks()
    const rebalances = await first.metric(REBALANCES)
    await second.stop()
    await second.start()
    await untilRunning([first, second])
    expect(await second.activeTasks()).toEqual(tasks)
    expect(second.restoredRecords()).toBe(0)
    expect(await first.metric(REBALANCES)).toBe(rebalances)

    await second.stop()
    await second.start({ isElsewhere: true })
    await vi.waitFor(
      async () => {
        const endpoints = await first.endpoints()
        expect(endpoints.sort()).toEqual([first.endpoint, second.endpoint].sort())
      },
      { timeout: 10_000, interval: 50 },
    )
    await untilRunning([first, second])
    expect(second.restoredRecords()).toBe(0)

    await takeOver(first, second)
  }, 120_000)
})

/** Two static members with a standby of every task, which follow. */
async function startPair(
  deployment: ProductDeployment,
  id: string,
): Promise<[ProductMember, ProductMember]> {
  const member = (name: string) =>
    deployment.member(id, {
      NUM_STANDBY_REPLICAS: '1',
      GROUP_INSTANCE_ID: name,
      SESSION_TIMEOUT_MS: String(STATIC_SESSION_TIMEOUT_MS),
    })
  const pair: [ProductMember, ProductMember] = [member('first'), member('second')]
  await Promise.all(pair.map((each) => each.start()))
  await untilRunning(pair, TASKS / 2)
  return pair
}

/** The owner dies: its standby answers at once, and runs the tasks once the group has noticed. */
async function takeOver(survivor: ProductMember, owner: ProductMember): Promise<void> {
  await vi.waitFor(
    async () => {
      const standbys = (await survivor.tasks()).filter(({ role }) => role === 'standby')
      expect(standbys.map(({ state, lag }) => [state, lag])).toEqual(
        standbys.map(() => ['following', 0]),
      )
      expect(standbys.length).toBe(TASKS / 2)
    },
    { timeout: 15_000, interval: 100 },
  )
  const moved = await owner.activeTasks()
  const known = survivor.log('tasks assigned').length
  const attackers = await ownedAttackers(survivor, moved)
  expect(attackers.length).toBeGreaterThan(0)
  await owner.kill()
  const killedMs = Date.now()
  for (const attacker of attackers) {
    const { meta, status } = await survivor.attribution(attacker)
    expect([status, meta.stale]).toEqual([200, true])
    expect(meta.positions.some(({ role }) => role === 'standby')).toBe(true)
  }
  const answeredMs = Date.now() - killedMs
  expect(survivor.log('tasks assigned').length).toBe(known)
  await untilRunning([survivor])
  const activeMs = Date.now()
  const noticedMs = Date.parse(survivor.log('tasks assigned')[known]!.time)
  const restored = survivor.log('restored').filter(({ time }) => Date.parse(time) >= killedMs)
  expect(restored.map(({ task }) => task!).sort()).toEqual(moved.toSorted())
  const records = restored.reduce((sum, line) => sum + line.records!, 0)
  expect(records).toBeLessThan(100)
  expect(activeMs - noticedMs).toBeLessThan(5_000)
  const fresh = await survivor.attribution(attackers[0]!)
  expect([fresh.status, fresh.meta.stale]).toEqual([200, false])
  console.log(
    `standby: ${attackers.length} keys answered within ${answeredMs} ms of the kill, group noticed ` +
      `after ${noticedMs - killedMs} ms of a session of ${STATIC_SESSION_TIMEOUT_MS} ms, ` +
      `${moved.length} tasks active ${activeMs - noticedMs} ms later, ${records} records restored`,
  )
}

/** Attackers whose rows lie with tasks among these. */
async function ownedAttackers(
  member: ProductMember,
  tasks: readonly string[],
): Promise<readonly string[]> {
  const owned: string[] = []
  for (let i = 0; i < 20; i++) {
    const attacker = `attacker-${i}`
    const { meta } = await member.attribution(attacker)
    if (meta.positions.some(({ task_id }) => tasks.includes(task_id))) owned.push(attacker)
  }
  return owned
}

/** Offsets of all changelogs: at least as many as their records. */
async function changelogRecords(
  { broker, topology }: ProductDeployment,
  applicationId: string,
): Promise<number> {
  const stores = topology.subTopologies.flatMap((sub) => sub.stores.map(({ name }) => name))
  const topics = await broker.describeTopics(
    stores.map((store) => changelogTopic(applicationId, store)),
  )
  const partitions = topics.flatMap(({ name, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
  )
  const ends = await broker.listOffsets(partitions, 'latest')
  return ends.reduce((sum, { offset }) => sum + offset, 0)
}
