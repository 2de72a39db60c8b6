/**
 * Starts on what a run left, and compares its components with those computed from scratch; prints
 * one JSON line: `check-restart <state dir> <profiles> <seed>`
 */
import { toByteString } from '../../bytes/byte-string.ts'
import type { Engine } from '../../cli/engine.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { ViewScan } from '../../state/state-view.ts'
import type { ClusterMember } from '../../topology/identity/cluster-member.ts'
import { type Evidence, evidenceKey, evidenceOf } from '../../topology/identity/evidence.ts'
import { featuresOfProfile, type HardFeatures } from '../../topology/identity/features.ts'
import { identityAttackersStore } from '../../topology/identity/identify-stores.ts'
import { IDENTIFY } from '../../topology/identity/identity-options.ts'
import { partition } from '../../topology/identity/partition.ts'
import { benchConfig } from '../bench-config.ts'
import type { RestartFigures } from './clustering-figures.ts'
import { COMMON_HASSH, ProfileWorkload } from './profile-workload.ts'
import { startProduct, sumOf, tasksOf, untilRunning, untilSettled } from './settled-engine.ts'

const [stateDir = '', expected = '0', seed = '1'] = process.argv.slice(2)

const PAGE_ROWS = 10_000
const POLL_MS = 1_000

interface Attacker extends HardFeatures {
  readonly uuid: string
}

const startedMs = performance.now()
const engine = await startProduct(stateDir)
await untilRunning(engine)
const readyMs = performance.now() - startedMs
await untilSettled(engine)
const restoredOffsets = sumOf(engine, (task) => task.restoreProgress?.restoredRecords ?? 0)
const processedRecords = sumOf(engine, (task) => task.processedRecords)
const roots = await rootsOf(engine)
const genericReports = await countReports(engine, `hassh:${COMMON_HASSH}`)
await engine.close()

const attackers = workloadAttackers(Number(expected))
const components = partition(attackers, genericOf(attackers))
const sizes = components.map((places) => places.length)
const figures: RestartFigures = {
  readyMs,
  restoredOffsets,
  processedRecords,
  identities: components.length,
  largest: sizes.reduce((a, b) => Math.max(a, b)),
  genericReports,
  misplaced: components.reduce((sum, places) => sum + misplacedOf(places), 0),
}
console.log(JSON.stringify(figures))

async function rootsOf(running: Engine): Promise<Map<string, string>> {
  const { view } = tasksOf(running).find(({ plan }) =>
    plan.subTopology.processors.some(({ name }) => name === IDENTIFY),
  )!.stores!
  const found = new Map<string, string>()
  for (let after: string | null = null; ;) {
    const page: ViewScan = { prefix: '', limit: PAGE_ROWS, ...(after === null ? {} : { after }) }
    const rows: [string, ClusterMember][] = await view.scan(identityAttackersStore.name, page)
    for (const [attacker, { root }] of rows) found.set(attacker, root)
    if (rows.length < PAGE_ROWS) return found
    after = rows.at(-1)![0]
  }
}

async function countReports({ broker }: Engine, key: string): Promise<number> {
  const topic = PUBLIC_TOPICS['evidence-generic']
  const { partitions } = benchConfig(stateDir)
  const fetcher = broker.fetcher()
  fetcher.assign(
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })),
  )
  let reports = 0
  for (;;) {
    const { fetched } = await fetcher.poll(POLL_MS)
    if (fetched.length === 0) break
    for (const { batches } of fetched) {
      for (const batch of batches) {
        batch.forEach(({ buffer, keyEnd, keyStart }) => {
          if (buffer.toString('utf8', keyStart, keyEnd) === key) reports++
        })
      }
    }
  }
  await fetcher.close()
  return reports
}

function workloadAttackers(count: number): Attacker[] {
  const workload = new ProfileWorkload(count, Number(seed))
  return Array.from({ length: count }, () => {
    const profile = workload.next()
    const { c2Endpoints, hassh, ja3, payloadHashes } = featuresOfProfile(profile)
    return { uuid: toByteString(profile.attacker_uuid), ja3, hassh, payloadHashes, c2Endpoints }
  })
}

/** No attacker loses a value here, so that a value is generic by its count alone. */
function genericOf(members: readonly HardFeatures[]): (evidence: Evidence) => boolean {
  const holders = new Map<string, number>()
  for (const member of members) {
    for (const evidence of evidenceOf(member)) {
      const key = evidenceKey(evidence)
      holders.set(key, (holders.get(key) ?? 0) + 1)
    }
  }
  const { genericEvidenceLimit } = benchConfig(stateDir)
  return (evidence) => (holders.get(evidenceKey(evidence)) ?? 0) > genericEvidenceLimit
}

/** Attackers come in the order in which they were first seen: a component's first is its root. */
function misplacedOf(places: readonly number[]): number {
  const root = attackers[places[0]!]!.uuid
  return places.filter((place) => roots.get(attackers[place]!.uuid) !== root).length
}
