import path from 'node:path'
import { fromByteString } from '../../../bytes/byte-string.ts'
import { ByteWriter } from '../../../bytes/byte-writer.ts'
import type { RawRecord } from '../../../broker/port.ts'
import { changelogTopic, deadLetterTopic } from '../../../runtime/internal-topics.ts'
import { rocksDbHome } from '../../../runtime/state-directory.ts'
import { deserializerFor } from '../../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../../schemas/in-process-registry.ts'
import type { Value } from '../../../schemas/records.ts'
import { StructuredValue } from '../../../schemas/structured-value.ts'
import { toJson } from '../../../schemas/to-json.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import { CacheBudget } from '../../../state/cache-budget.ts'
import type { AttributionProfileRow } from '../../../state/attribution-rows.ts'
import { TaskState } from '../../../state/task-state.ts'
import type { BuiltSubTopology, BuiltTopology } from '../../../topology/nodes.ts'
import type { Evidence, OutputRecord } from '../attribution-oracle.ts'
import { visitCommitted, type CommittedRecord } from '../kafka/topic-reader.ts'
import type { PlainObservation, PlainRow } from '../plain-fold.ts'

export interface KafkaEvidenceOptions {
  readonly bootstrapServers: string
  readonly applicationId: string
  readonly topology: BuiltTopology
  /** Of every member; all are stopped. */
  readonly stateDirs: readonly string[]
  readonly acknowledged: ReadonlySet<string>
}

const registry = new InProcessRegistry()
const outputs = [
  ['state_changed', 'state-changed'],
  ['multi_actor_suspected', 'multi-actor-suspected'],
  ['multi_actor_cleared', 'multi-actor-cleared'],
] as const

/** What is done with the records of each topic. */
type Visits = Map<string, (record: CommittedRecord) => void>

/**
 * Gathers what a run left in Kafka and on its members' disks, for the oracle to judge: topics by
 * Kafka's own Java consumer, read-committed, stores from the directories of those that had them
 * last.
 */
export async function gatherKafkaEvidence(options: KafkaEvidenceOptions): Promise<Evidence> {
  const { acknowledged, applicationId, bootstrapServers, topology } = options
  const visits: Visits = new Map()
  const inputs = keepInputs(visits)
  const outputs = keepOutputs(visits)
  const deadLetters = keepDeadLetters(visits, applicationId)
  const changelogs = keepChangelogs(visits, applicationId, topology)
  // One run of the Java program for all topics: its start takes longer than its reading.
  await visitCommitted(bootstrapServers, [...visits.keys()], (record) => {
    visits.get(record.topic)!(record)
  })
  const { rows, stores } = await gatherStores(options, changelogs)
  return { inputs, acknowledged, outputs: outputs.flat(), deadLetters, rows, stores }
}

function keepInputs(visits: Visits): (PlainObservation | null)[][] {
  const read = deserializerFor('observation', registry)
  const partitions: (PlainObservation | null)[][] = []
  visits.set(PUBLIC_TOPICS.observation, (record) => {
    let observation: PlainObservation | null = null
    try {
      const { attacker_uuid, evidence_ref, id, primitive, ts, value } = read(rawOf(record))
      observation = { attacker_uuid, evidence_ref, id, primitive, ts, value: plainValue(value) }
    } catch {
      // Poison: a dead letter must answer for it.
    }
    partitionOf(partitions, record.partition).push(observation)
  })
  return partitions
}

/** By topic and partition. */
function keepOutputs(visits: Visits): OutputRecord[][][] {
  return outputs.map(([topic, name]) => {
    const read = deserializerFor(name, registry)
    const partitions: OutputRecord[][] = []
    visits.set(PUBLIC_TOPICS[name], (record) => {
      const value = toJson(name, read(rawOf(record)) as never) as Record<string, unknown>
      const output = { topic, identity: value['identity_uuid'] as string, value }
      partitionOf(partitions, record.partition).push(output)
    })
    return partitions
  })
}

function keepDeadLetters(visits: Visits, applicationId: string): string[] {
  const places: string[] = []
  visits.set(deadLetterTopic(applicationId), ({ headers }) => {
    const known = new Map(headers)
    const part = (name: string) => known.get(`dlq.${name}`)!.toString()
    places.push(`${part('topic')} ${part('partition')} ${part('offset')}`)
  })
  return places
}

/** The newest value of each key, by store. */
function keepChangelogs(
  visits: Visits,
  applicationId: string,
  { subTopologies }: BuiltTopology,
): Map<string, Map<string, string>> {
  const changelogs = new Map<string, Map<string, string>>()
  for (const { name } of subTopologies.flatMap(({ stores }) => stores)) {
    const newest = new Map<string, string>()
    changelogs.set(name, newest)
    visits.set(changelogTopic(applicationId, name), ({ key, value }) => {
      if (value === null) newest.delete(key!.toString('hex'))
      else newest.set(key!.toString('hex'), value.toString('hex'))
    })
  }
  return changelogs
}

async function gatherStores(
  options: KafkaEvidenceOptions,
  changelogs: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Promise<Pick<Evidence, 'rows' | 'stores'>> {
  const rows = new Map<string, Map<string, PlainRow>>()
  const stores: Evidence['stores'][number][] = []
  for (const subTopology of options.topology.subTopologies) {
    const kept = new Map(subTopology.stores.map(({ name }) => [name, new Map<string, string>()]))
    for (const taskId of await taskIdsOf(options, subTopology)) {
      const state = await newestState(options, subTopology, taskId)
      await readState(state, subTopology, kept, rows)
      await state.close()
    }
    for (const [name, own] of kept) {
      stores.push({ name, rows: own, changelog: changelogs.get(name)! })
    }
  }
  return { rows, stores }
}

async function taskIdsOf(
  { applicationId, stateDirs }: KafkaEvidenceOptions,
  { id }: BuiltSubTopology,
): Promise<string[]> {
  const ids = new Set<string>()
  for (const stateDir of stateDirs) {
    const existing = await rocksDbHome(path.join(stateDir, 'state', applicationId)).existing()
    for (const taskId of existing) if (taskId.startsWith(`${id}_`)) ids.add(taskId)
  }
  return [...ids]
}

/** Tasks moved: the state that got furthest is that of the last owner, or of its standby. */
async function newestState(
  { applicationId, stateDirs }: KafkaEvidenceOptions,
  { stores }: BuiltSubTopology,
  taskId: string,
): Promise<TaskState> {
  let newest: TaskState | null = null
  let furthest = -1
  for (const stateDir of stateDirs) {
    const home = rocksDbHome(path.join(stateDir, 'state', applicationId))
    if (!(await home.existing()).includes(taskId)) continue
    const database = await home.open(taskId)
    const state = await TaskState.open({ database, stores, cacheBudget: new CacheBudget(0) })
    const progress = [...state.positions().values()].reduce((sum, { offset }) => sum + offset, 0)
    if (progress > furthest) {
      await newest?.close()
      newest = state
      furthest = progress
    } else await state.close()
  }
  return newest!
}

async function readState(
  { view }: TaskState,
  { stores }: BuiltSubTopology,
  kept: ReadonlyMap<string, Map<string, string>>,
  rows: Map<string, Map<string, PlainRow>>,
): Promise<void> {
  const writer = new ByteWriter()
  for (const { codec, name } of stores) {
    const options = { prefix: '', limit: Number.MAX_SAFE_INTEGER }
    for (const [key, value] of await view.scan<never>(name, options)) {
      writer.reset()
      codec.encode(value, writer)
      kept.get(name)!.set(hex(key), writer.view().toString('hex'))
      if (name === 'attribution-profiles') keepRow(rows, key, value)
    }
  }
}

function keepRow(
  rows: Map<string, Map<string, PlainRow>>,
  key: string,
  row: AttributionProfileRow,
): void {
  const [identity = '', primitive = ''] = fromByteString(key).split('\u0000')
  const own = rows.get(identity) ?? new Map<string, PlainRow>()
  rows.set(identity, own)
  own.set(primitive, {
    current_value: plainValue(row.currentValue),
    state: row.state ?? 'none',
    confidence: row.confidence,
    observation_count: row.observationCount,
    last_change_ts: row.lastChangeTs,
    last_observation_ts: row.lastObservationTs,
  })
}

function partitionOf<T>(partitions: T[][], partition: number): T[] {
  while (partitions.length <= partition) partitions.push([])
  return partitions[partition]!
}

/** A record of the Java consumer as the product's deserializers take it. */
function rawOf({ offset, timestampMs, value }: CommittedRecord): RawRecord {
  const buffer = value ?? Buffer.alloc(0)
  return {
    buffer,
    offset,
    timestampMs,
    keyStart: -1,
    keyEnd: -1,
    valueStart: value === null ? -1 : 0,
    valueEnd: buffer.length,
    headersStart: buffer.length,
  }
}

function hex(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex')
}

function plainValue(value: Value): unknown {
  return value instanceof StructuredValue ? value.parse() : value
}
