import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { seededRandom } from '../../simulation/random.ts'
import { violations } from '../attribution-oracle.ts'
import { freePorts } from '../kafka/free-ports.ts'
import { connectPlain } from '../kafka/plain-client.ts'
import { wholeProduct } from '../whole-product.ts'
import { untilCaughtUp } from './caught-up.ts'
import { ChaosLoad } from './chaos-load.ts'
import { compiledProduct } from './compiled-product.ts'
import { Faults, type FaultCounts } from './faults.ts'
import { gatherKafkaEvidence } from './kafka-evidence.ts'
import { MemberProcess } from './member-process.ts'
import { createProductTopics } from './product-topics.ts'
import { QueryWatch } from './query-watch.ts'

export interface ChaosOptions {
  readonly bootstrapServers: string
  readonly seed: number
  readonly records: number
  readonly attackers: number
  readonly durationMs: number
  readonly partitions: number
  readonly members: number
  readonly numStandbyReplicas: number
  readonly wanted: FaultCounts
  readonly faultIntervalMs: number
  /** What happens to the brokers meanwhile; ends when told that the run is over. */
  readonly brokerFaults?: (isOver: () => boolean, applicationId: string) => Promise<void>
  readonly onProgress?: (text: string) => void
}

export interface ChaosResult {
  readonly violations: readonly string[]
  readonly faults: FaultCounts
  readonly inputs: number
  readonly outputs: number
  readonly deadLetters: number
  readonly statuses: ReadonlyMap<string, number>
  readonly staleAnswers: number
  readonly elapsedMs: number
}

const SESSION_TIMEOUT_MS = 6_000

const topology = wholeProduct()

/**
 * One run with faults: real processes on a real broker, judged when all is quiet by what Kafka's
 * own consumer reads and by a plain fold of the input.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const startedMs = Date.now()
  const directory = await mkdtemp(path.join(tmpdir(), 'attribution-chaos-'))
  const program = await compiledProduct()
  const broker = await connectPlain(options.bootstrapServers, 'chaos')
  const applicationId = `chaos-${options.seed}-${startedMs.toString(36)}`
  const random = seededRandom(options.seed)
  const members = await startMembers(options, applicationId, program.file, directory)
  let isSound = false
  try {
    await createProductTopics(broker, topology, options.partitions)
    for (const member of members) member.start()
    await Promise.all(members.map((member) => member.untilListening()))
    const load = new ChaosLoad(options)
    const watch = new QueryWatch(members, watchedAttackers(options), random)
    const faults = new Faults({
      random,
      members,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      wanted: options.wanted,
      intervalMs: options.faultIntervalMs,
      onFault: (what) => options.onProgress?.(`${Math.round(load.progress * 100)} %: ${what}`),
    })
    watch.start()
    let isOver = false
    const isDone = (): boolean => isOver
    const sent = load.send(broker).finally(() => (isOver = true))
    await Promise.all([sent, faults.run(isDone), options.brokerFaults?.(isDone, applicationId)])
    options.onProgress?.('all sent, waiting for the group to catch up')
    await untilCaughtUp(broker, applicationId, topology)
    await watch.stop()
    const exits = await Promise.all(members.map((member) => member.stop()))
    const evidence = await gatherKafkaEvidence({
      bootstrapServers: options.bootstrapServers,
      applicationId,
      topology,
      stateDirs: members.map((_, i) => path.join(directory, `member-${i}`)),
      acknowledged: load.acknowledged,
    })
    const found = [
      ...violations(evidence, stubIdentity),
      ...watch.violations(evidence.inputs),
      ...members.flatMap(({ surprises }) => surprises),
      ...exits.flatMap((code, i) => (code === 0 ? [] : [`member ${i} stopped with ${code}`])),
    ]
    isSound = found.length === 0
    return {
      violations: found,
      faults: faults.counts,
      inputs: evidence.inputs.flat().length,
      outputs: evidence.outputs.flat().length,
      deadLetters: evidence.deadLetters.length,
      statuses: watch.statuses,
      staleAnswers: watch.staleAnswers,
      elapsedMs: Date.now() - startedMs,
    }
  } finally {
    await Promise.all(members.map((member) => member.kill()))
    await broker.close()
    await program.dispose()
    if (isSound) await rm(directory, { recursive: true })
    else console.error(`state and logs of the members are kept in ${directory}`)
  }
}

async function startMembers(
  { bootstrapServers, members, numStandbyReplicas, seed }: ChaosOptions,
  applicationId: string,
  program: string,
  directory: string,
): Promise<MemberProcess[]> {
  const secret = `${seed}`.padEnd(32, 'x')
  const ports = await freePorts(members)
  return await Promise.all(
    Array.from({ length: members }, async (_, i) => {
      const stateDir = path.join(directory, `member-${i}`)
      await mkdir(stateDir)
      const port = String(ports[i])
      const settings = {
        BOOTSTRAP_SERVERS: bootstrapServers,
        APPLICATION_ID: applicationId,
        APPLICATION_SERVER: `127.0.0.1:${port}`,
        PORT: port,
        INTERNAL_SECRET: secret,
        STATE_DIR: stateDir,
        SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
        NUM_STANDBY_REPLICAS: String(numStandbyReplicas),
        CHECKPOINT_INTERVAL_MS: '1000',
      }
      return new MemberProcess({ program, settings, logFile: path.join(directory, `${i}.log`) })
    }),
  )
}

function watchedAttackers({ attackers }: ChaosOptions): string[] {
  return Array.from({ length: Math.min(20, attackers) }, (_, i) => `attacker-${i}`)
}
