import { expect } from 'vitest'
import type { Broker } from '../../broker/port.ts'
import { CRASH_POINTS, type CrashPoint } from '../../runtime/crash-probe.ts'
import type { IngestService } from '../../runtime/ingest-service.ts'
import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import { checkStores } from '../support/attribution-oracle.ts'
import { type ClusterEvidence, gatherClusters } from '../support/clusters/cluster-evidence.ts'
import { clusterViolations } from '../support/clusters/cluster-oracle.ts'
import { productTopics } from '../support/clusters/numbered-product.ts'
import { gatherStores } from '../support/evidence.ts'
import { Findings } from '../support/findings.ts'
import { FAULTS_OF_STEP } from './faulty-broker.ts'
import { leftBehind } from './left-behind.ts'
import type { Sent } from './random-intrusions.ts'
import { World } from './world.ts'

export const PRODUCT_PARTITIONS = 2
export const PRODUCT_TOPICS = productTopics(PRODUCT_PARTITIONS)

/** What a schedule sends, until it is quiet. */
export interface Load {
  /** Records of `next` before the end begins. */
  readonly records: number
  next(nowMs: number): Sent
  /** The last records: after them nothing stands in the way of quiet. */
  last(nowMs: number): readonly Sent[]
}

export interface PlayOptions {
  readonly seed: number
  readonly random: () => number
  readonly topology: BuiltTopology
  readonly genericLimit: number
  readonly load: Load
}

/** Kills now and then, most at one point, which is the seed's. */
export class Killer {
  readonly #random: () => number
  readonly #target: CrashPoint
  #left: number

  constructor(seed: number, random: () => number, times: number) {
    this.#random = random
    this.#target = CRASH_POINTS[seed % CRASH_POINTS.length]!
    this.#left = times
  }

  readonly crashAt = (point: CrashPoint): boolean => {
    if (this.#left === 0) return false
    if (this.#random() > (point === this.#target ? 0.1 : 0.003)) return false
    this.#left--
    return true
  }

  stop(): void {
    this.#left = 0
  }
}

export async function append(ingest: IngestService, sent: readonly Sent[]): Promise<void> {
  for (const topic of new Set(sent.map((each) => each.topic))) {
    const records = sent.filter((each) => each.topic === topic).map(({ record }) => record)
    await ingest.append(topic, records)
  }
}

/** Some records, as they come together. */
export function portionOf(load: Load, random: () => number, nowMs: number): Sent[] {
  return Array.from({ length: 1 + Math.floor(random() * 8) }, () => load.next(nowMs))
}

/**
 * One member on a log that dies with it. It is killed at crash points and between, and its
 * transactions fail now and then.
 * @returns the world, quiet and judged, and what was found in it
 */
export async function playAlone(
  options: PlayOptions,
): Promise<{ readonly world: World; readonly evidence: ClusterEvidence }> {
  const { genericLimit, load, random, seed, topology } = options
  const killer = new Killer(seed, random, 1 + Math.floor(random() * 4))
  let faultsLeft = Math.floor(random() * 4)
  const world = new World({
    topology,
    topics: PRODUCT_TOPICS,
    random,
    crashAt: killer.crashAt,
    faultFor: (step) => {
      if (faultsLeft === 0 || random() > (step === 'verdict' ? 0.5 : 0.02)) return null
      faultsLeft--
      return FAULTS_OF_STEP[step][Math.floor(random() * FAULTS_OF_STEP[step].length)]!
    },
  })
  // Of this life: what is under way when it ends never settles.
  let underWay = new Set<Promise<void>>()
  for (let sent = 0; sent < load.records || world.life === null;) {
    if (world.life === null) {
      underWay = new Set()
      await world.boot()
    }
    await world.step(Math.floor(random() * 120))
    if (world.life?.instance.state !== 'running') continue
    const records = portionOf(load, random, world.clock.now())
    sent += records.length
    const appended = append(world.life.ingest, records)
      .catch(() => undefined)
      .finally(() => underWay.delete(appended))
    underWay.add(appended)
    await world.step(5)
    if (random() < 0.02) world.crash()
  }
  killer.stop()
  faultsLeft = 0
  // Or a command under way could come after the last, and pause a worker for good.
  await world.until('all is sent', () => underWay.size === 0)
  let isTold = false
  void append(world.life.ingest, load.last(world.clock.now())).then(() => {
    isTold = true
  })
  await world.until('told the last', () => isTold)
  let quiet = 0
  await world.until('quiet', () => (quiet = world.isQuiet() ? quiet + 1 : 0) > 10)
  const { broker, instance } = world.life
  return { world, evidence: await judgeProduct(broker, [instance], genericLimit) }
}

/** @param instances those that run the tasks, together all of them; quiet */
export async function judgeProduct(
  broker: Broker,
  instances: readonly StreamsInstance[],
  genericLimit: number,
): Promise<ClusterEvidence> {
  const evidence = await gatherClusters(leftBehind(broker, instances))
  const findings = new Findings()
  checkStores(await gatherStores('sim', broker, instances), findings)
  for (const [counter, count] of instances.flatMap(({ counters }) => [...counters])) {
    if (/(^|\/)(errors|steps-failed)$/.test(counter)) findings.add(`${counter}: ${count}`)
  }
  expect([...findings.list, ...clusterViolations(evidence, genericLimit)]).toEqual([])
  return evidence
}
