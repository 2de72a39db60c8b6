/**
 * `npm run bench:kafka`: this engine beside Kafka Streams, on one broker, over one topic.
 *
 * Both run exactly-once with 100 ms commits, in turn, each round with an application id of its
 * own. Records/s are of 10 % to 90 % of the input, by committed offsets; CPU is that of the whole
 * process, from its start to the last commit, as the operating system counts it. Absolute figures
 * depend on the machine; compare only what one run printed. Linux only.
 *
 * `--records=2000000 --identities=20000 --rounds=3 --threads=1,2 --profile --json`
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../broker/clock.ts'
import { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import type { Broker } from '../../broker/port.ts'
import { inputTopics, outputTopics, ownedTopics } from '../../runtime/topology-topics.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { startJavaKafka } from '../../test/support/kafka/java-kafka.ts'
import { compareOutputs } from './compare-outputs.ts'
import { peerTopology } from './peer-topology.ts'
import { costOf } from './process-cost.ts'
import { StreamsPeer } from './streams-peer.ts'

const INPUT = PUBLIC_TOPICS['identity-observation']
const PARTITIONS = 4

interface Figures {
  readonly side: string
  readonly recordsPerSecond: number
  readonly recordsPerCpuSecond: number
  readonly peakMiB: number
}

const option = (name: string, fallback: string): string =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback
const records = Number(option('records', '2000000'))
const identities = Number(option('identities', '20000'))
const rounds = Number(option('rounds', '3'))
const threadCounts = option('threads', '1,2').split(',').map(Number)
const isJson = process.argv.includes('--json')
const isProfiled = process.argv.includes('--profile')
const peerSource = path.resolve('../shared/peers/kstreams')

const peer = await StreamsPeer.build(peerSource)
if (peer === null) {
  console.log(`skipped: the Kafka Streams program is not at ${peerSource}`)
  process.exit(0)
}
const kafka = await startJavaKafka({ isOptimized: true, heapMegabytes: 1024 })
const servers = kafka.bootstrapServers
const directory = await mkdtemp(path.join(tmpdir(), 'attribution-bench-'))
const broker = await KafkaBroker.connect({
  bootstrapServers: [servers],
  clientId: 'bench',
  security: { protocol: 'PLAINTEXT' },
  clock: systemClock,
})
try {
  await peer.fill(servers, INPUT, PARTITIONS, records, identities)
  const inputs = inputTopics(peerTopology(), []).filter((name) => name !== INPUT)
  await broker.createTopics(inputs.map(topicOf))
  for (let round = 1; round <= rounds; round++) {
    await rm(directory, { recursive: true, force: true })
    report(round, await productSide(peer, `product-${round}`))
    for (const threads of threadCounts) {
      report(round, await peerSide(peer, `streams-${round}-${threads}`, threads))
    }
    await compare(`streams-${round}-${threadCounts[0]!}-out`)
    await removeOutputs(`product-${round}`)
  }
} finally {
  await broker.close()
  await kafka.dispose()
  await rm(directory, { recursive: true, force: true })
}

async function productSide(watcher: StreamsPeer, applicationId: string): Promise<Figures> {
  await broker.createTopics(outputTopics(peerTopology()).map(topicOf))
  const start = () => productProcess(applicationId)
  const { child, line } = start()
  const figures = await measured('this engine', child, applicationId, watcher)
  if (isProfiled) console.log(await ended(child, line))
  else await ended(child, line)
  await restart('warm start', start)
  await rm(directory, { recursive: true, force: true })
  await restart('restore', start)
  return figures
}

/** Starts it again and says how long it took until its tasks ran. */
async function restart(what: string, start: () => ReturnType<typeof productProcess>) {
  const { child, line } = start()
  const text = await line()
  const { assignedMs, restoredMs, restoredRecords } = JSON.parse(text) as Record<string, number>
  const rate = Math.round((restoredRecords! * 1000) / Math.max(1, restoredMs!))
  print(
    { what, assignedMs, restoredMs, restoredRecords, rate },
    `${what}: ${whole(restoredRecords!)} records in ${restoredMs} ms, ${whole(rate)} records/s`,
  )
  await ended(child, line)
}

function productProcess(applicationId: string) {
  const script = fileURLToPath(new URL('./run-product.js', import.meta.url))
  const options = ['--max-semi-space-size=64', script]
  const args = [...options, servers, applicationId, directory, isProfiled ? 'profile' : '']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const line = async (): Promise<string> => {
    while (!text.includes('\n') && child.exitCode === null) await pause(10)
    return text
  }
  return { child, line }
}

async function peerSide(side: StreamsPeer, group: string, threads: number): Promise<Figures> {
  const stateDir = path.join(directory, group)
  const child = side.start(servers, group, INPUT, `${group}-out`, threads, stateDir)
  const name = `Kafka Streams, ${threads} thread${threads === 1 ? '' : 's'}`
  const figures = await measured(name, child, group, side)
  await ended(child, () => Promise.resolve(''))
  return figures
}

async function measured(
  side: string,
  child: ChildProcess,
  group: string,
  watcher: StreamsPeer,
): Promise<Figures> {
  const recordsPerSecond = await watcher.watch(servers, group, INPUT)
  await untilCommitted(broker, group)
  const { cpuSeconds, peakMiB } = await costOf(child.pid!)
  return { side, recordsPerSecond, recordsPerCpuSecond: records / cpuSeconds, peakMiB }
}

/** Committed offsets reach the end of the input. */
async function untilCommitted(of: Broker, group: string): Promise<void> {
  for (;;) {
    const committed = await of.groupAdmin(group).committed()
    const own = committed.filter(({ topic }) => topic === INPUT)
    if (own.reduce((sum, { offset }) => sum + offset, 0) >= records) return
    await pause(20)
  }
}

async function ended(child: ChildProcess, output: () => Promise<string>): Promise<string> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  if (child.exitCode === null) await gone
  return await output()
}

async function compare(peerTopic: string): Promise<void> {
  const { differing, transitions } = await compareOutputs(
    servers,
    PUBLIC_TOPICS['state-changed'],
    peerTopic,
  )
  print(
    { transitions, differing: differing.length },
    `outputs: ${whole(transitions)} transitions, ${differing.length} keys differ`,
  )
  if (differing.length > 0) process.exitCode = 1
}

async function removeOutputs(applicationId: string): Promise<void> {
  const topology = peerTopology()
  await broker.deleteTopics([...outputTopics(topology), ...ownedTopics(applicationId, topology)])
}

function topicOf(name: string) {
  return { name, partitions: PARTITIONS, config: { retentionMs: -1 } }
}

function report(round: number, figures: Figures): void {
  const { peakMiB, recordsPerCpuSecond, recordsPerSecond, side } = figures
  print(
    { round, records, identities, ...figures },
    `round ${round}  ${side.padEnd(25)} ${whole(recordsPerSecond).padStart(8)} records/s ` +
      `${whole(recordsPerCpuSecond).padStart(8)} records/CPU s  ${whole(peakMiB)} MiB`,
  )
}

function print(data: object, text: string): void {
  console.log(isJson ? JSON.stringify(data) : text)
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}
