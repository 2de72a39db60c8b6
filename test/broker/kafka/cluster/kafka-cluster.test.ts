import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../../../../broker/clock.ts'
import { FatalBrokerError, RetriableError } from '../../../../broker/errors.ts'
import { KafkaCluster } from '../../../../broker/kafka/cluster/kafka-cluster.ts'
import { clusterSettings } from '../../../../broker/kafka/kafka-options.ts'
import { metadata } from '../../../../broker/kafka/wire/metadata.ts'
import { WireWriter } from '../../../../broker/kafka/wire/wire-writer.ts'
import { answerTo, type HeardRequest, ScriptedBroker } from '../../../support/scripted-broker.ts'
import * as recorded from '../wire/recorded-bodies.ts'

interface Node {
  readonly nodeId: number
  readonly port: number
}

const API_VERSIONS = 18
const FIND_COORDINATOR = 10

/** Brokers that all say the same of the cluster; `state` is what they say. */
interface State {
  nodes: Node[]
  coordinator: Node | null
}

function script(state: State): (request: HeardRequest) => void {
  return (request) => {
    if (request.apiKey === API_VERSIONS) {
      request.socket.write(answerTo(request, Buffer.from(recorded.apiVersions.answer, 'hex')))
      return
    }
    const writer = new WireWriter()
    writer.tags().int32(0)
    if (request.apiKey === FIND_COORDINATOR) {
      const { nodeId, port } = state.coordinator!
      writer.int16(0).compactString(null).int32(nodeId).compactString('127.0.0.1').int32(port)
    } else {
      writer.compactArray(state.nodes, ({ nodeId, port }) => {
        writer.int32(nodeId).compactString('127.0.0.1').int32(port).compactString(null).tags()
      })
      writer.compactString('id').int32(state.nodes[0]?.nodeId ?? -1)
      writer.compactArray([], () => undefined)
    }
    request.socket.write(answerTo(request, Buffer.concat(writer.tags().parts())))
  }
}

const open: { close(): Promise<void> }[] = []

async function brokers(count: number): Promise<{ state: State; servers: ScriptedBroker[] }> {
  const state: State = { nodes: [], coordinator: null }
  const listening = Array.from({ length: count }, () => ScriptedBroker.listen(script(state)))
  const servers = await Promise.all(listening)
  open.push(...servers)
  state.nodes = servers.map(({ port }, i) => ({ nodeId: i + 1, port }))
  return { state, servers }
}

async function connect(ports: readonly number[], requestTimeoutMs = 2_000): Promise<KafkaCluster> {
  const cluster = await KafkaCluster.connect(
    clusterSettings({
      bootstrapServers: ports.map((port) => `127.0.0.1:${port}`),
      clientId: 'tester',
      security: { protocol: 'PLAINTEXT' },
      requestTimeoutMs,
      clock: systemClock,
    }),
  )
  open.push(cluster)
  return cluster
}

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = await ScriptedBroker.listen(() => undefined)
  const { port } = server
  await server.close()
  return port
}

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

it('tries one bootstrap server after the other', async () => {
  const { servers } = await brokers(2)
  const cluster = await connect([await deadPort(), servers[0]!.port])
  expect(cluster.nodeIds).toEqual([1, 2])
  expect(cluster.transactionVersion).toBe(2)
})

it('says of each bootstrap server why it cannot be used', async () => {
  const ports = [await deadPort(), await deadPort()]
  const refused = connect(ports)
  await expect(refused).rejects.toThrow(RetriableError)
  for (const port of ports)
    await expect(refused).rejects.toThrow(`127.0.0.1:${port}: no connection`)
})

it('does not ask the next server when one is too old', async () => {
  const old = await ScriptedBroker.listen((request) => {
    // Version 0 of the answer: code 35 and what it speaks.
    request.socket.write(answerTo(request, Buffer.from('00230000000100120000000200', 'hex')))
  })
  const { servers } = await brokers(1)
  open.push(old)
  await expect(connect([old.port, servers[0]!.port])).rejects.toThrow(/older than Kafka 2\.8/)
})

it('puts its questions to another broker when one has died', async () => {
  const { servers } = await brokers(3)
  const cluster = await connect([servers[0]!.port])
  await cluster.metadata([])
  await servers[0]!.close()
  await servers[1]!.close()
  await cluster.metadata([])
  expect(cluster.nodeIds).toEqual([1, 2, 3])
})

it('does not wait for a broker that is silent longer than its share of the timeout', async () => {
  const { state, servers } = await brokers(1)
  const silent = await ScriptedBroker.listen(() => undefined)
  open.push(silent)
  state.nodes = [{ nodeId: 9, port: silent.port }, ...state.nodes]
  const cluster = await connect([servers[0]!.port], 600)
  await cluster.metadata([])
  expect(silent.heard).toHaveLength(1)
})

it('comes back by the bootstrap servers when all brokers have moved', async () => {
  const { state, servers } = await brokers(2)
  state.nodes = [{ nodeId: 1, port: servers[1]!.port }]
  const cluster = await connect([servers[0]!.port])
  await cluster.metadata([])
  await servers[1]!.close()
  const moved = await ScriptedBroker.listen(script(state))
  open.push(moved)
  state.nodes = [{ nodeId: 1, port: moved.port }]
  await cluster.metadata([])
  // The lane that led to the old address leads to the new one.
  await cluster.lane(1, 'control').call(metadata, { topics: [] })
  expect(moved.heard).toHaveLength(1)
})

it('forgets a coordinator that was lost, and finds one that no metadata has named yet', async () => {
  const { state, servers } = await brokers(2)
  state.coordinator = state.nodes[1]!
  const cluster = await connect([servers[0]!.port])
  expect(await cluster.coordinator('group', 'g')).toBe(2)
  await cluster.lane(2, 'produce').call(metadata, { topics: [] })
  await servers[1]!.close()
  const next = await ScriptedBroker.listen(script(state))
  open.push(next)
  state.coordinator = { nodeId: 5, port: next.port }
  await expect.poll(() => cluster.coordinator('group', 'g')).toBe(5)
  await cluster.lane(5, 'produce').call(metadata, { topics: [] })
  expect(next.heard).toHaveLength(1)
})

it('has one socket for each broker and purpose, and one for each private lane', async () => {
  const { servers } = await brokers(1)
  const cluster = await connect([servers[0]!.port])
  const before = servers[0]!.connections
  const ask = (lane: ReturnType<KafkaCluster['lane']>): Promise<unknown> =>
    lane.call(metadata, { topics: [] })
  await Promise.all([
    ask(cluster.lane(1, 'fetch')),
    ask(cluster.lane(1, 'produce')),
    ask(cluster.lane(1, 'produce')),
    ask(cluster.privateLane(1)),
    ask(cluster.privateLane(1)),
  ])
  expect(servers[0]!.connections - before).toBe(4)
})

it('waits for answers when it closes, but neither for long polls nor for pauses', async () => {
  const held: HeardRequest[] = []
  const { state, servers } = await brokers(1)
  const slow = await ScriptedBroker.listen((request) => held.push(request))
  open.push(slow)
  state.nodes = [{ nodeId: 1, port: slow.port }]
  const cluster = await connect([servers[0]!.port])
  const poll = cluster.lane(1, 'fetch').call(metadata, { topics: [] })
  const answered = cluster.lane(1, 'produce').call(metadata, { topics: [] })
  const pause = cluster.pause(60_000)
  await expect.poll(() => held.length).toBe(2)
  const cutOff = expect(poll).rejects.toThrow(RetriableError)
  const closed = cluster.close()
  await cutOff
  await pause
  for (const request of held) script(state)(request)
  expect((await answered).brokers).toHaveLength(1)
  await closed
  expect(cluster.isClosed).toBe(true)
  expect(() => cluster.lane(1, 'control')).toThrow(FatalBrokerError)
  await expect(cluster.metadata([])).rejects.toThrow(FatalBrokerError)
})
