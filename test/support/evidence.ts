import type { Broker, RawRecord } from '../../broker/port.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { fromByteString } from '../../bytes/byte-string.ts'
import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { Value } from '../../schemas/records.ts'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { toJson } from '../../schemas/to-json.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { AttributionProfileRow } from '../../state/attribution-rows.ts'
import { compacted, readTopic } from '../simulation/log-contents.ts'
import type { Evidence, OutputRecord } from './attribution-oracle.ts'
import type { PlainObservation, PlainRow } from './plain-fold.ts'

const registry = new InProcessRegistry()
const readObservation = deserializerFor('observation', registry)
const outputs = [
  ['state_changed', 'state-changed'],
  ['multi_actor_suspected', 'multi-actor-suspected'],
  ['multi_actor_cleared', 'multi-actor-cleared'],
] as const

/** Gathers what a run left in its log and its stores, for the oracle to judge. */
export async function gatherEvidence(
  applicationId: string,
  broker: Broker,
  instance: StreamsInstance,
  acknowledged: ReadonlySet<string>,
): Promise<Evidence> {
  const inputs = await readTopic(broker, PUBLIC_TOPICS.observation)
  const deadLetters = await readTopic(broker, `${applicationId}-dlq`)
  return {
    inputs: inputs.map((partition) => partition.map(({ raw }) => plainObservation(raw))),
    acknowledged,
    outputs: await gatherOutputs(broker),
    deadLetters: deadLetters.flat().map(({ headers }) => {
      const part = (name: string) => headers.get(`dlq.${name}`)!
      return `${part('topic')} ${part('partition')} ${part('offset')}`
    }),
    rows: await gatherRows(instance),
    stores: await gatherStores(applicationId, broker, [instance]),
  }
}

function plainObservation(raw: RawRecord): PlainObservation | null {
  try {
    const observation = readObservation(raw)
    return { ...observation, value: plainValue(observation.value) }
  } catch {
    return null
  }
}

async function gatherOutputs(broker: Broker): Promise<OutputRecord[][]> {
  const gathered: OutputRecord[][] = []
  for (const [topic, record] of outputs) {
    const read = deserializerFor(record, registry)
    for (const partition of await readTopic(broker, PUBLIC_TOPICS[record])) {
      gathered.push(
        partition.map(({ raw }) => {
          const value = toJson(record, read(raw) as never) as Record<string, unknown>
          return { topic, identity: value['identity_uuid'] as string, value }
        }),
      )
    }
  }
  return gathered
}

async function gatherRows(instance: StreamsInstance): Promise<Map<string, Map<string, PlainRow>>> {
  const gathered = new Map<string, Map<string, PlainRow>>()
  for (const { task } of instance.runners.values()) {
    if (!task.plan.subTopology.storeOwners.has('attribution-profiles')) continue
    const options = { prefix: '', limit: Number.MAX_SAFE_INTEGER }
    const rows = await task.stores!.view.scan<AttributionProfileRow>(
      'attribution-profiles',
      options,
    )
    for (const [key, row] of rows) {
      const [identity = '', primitive = ''] = fromByteString(key).split('\u0000')
      const own = gathered.get(identity) ?? new Map<string, PlainRow>()
      gathered.set(identity, own)
      own.set(primitive, {
        current_value: plainValue(row.currentValue),
        state: row.state ?? 'none',
        confidence: row.confidence,
        observation_count: row.observationCount,
        last_change_ts: row.lastChangeTs,
        last_observation_ts: row.lastObservationTs,
      })
    }
  }
  return gathered
}

/** @param instances those that run the tasks, together all of them */
export async function gatherStores(
  applicationId: string,
  broker: Broker,
  instances: readonly StreamsInstance[],
): Promise<Evidence['stores']> {
  const gathered = new Map<string, { rows: Map<string, string>; changelog: Map<string, string> }>()
  const writer = new ByteWriter()
  for (const { task } of instances.flatMap(({ runners }) => [...runners.values()])) {
    for (const { codec, name } of task.plan.subTopology.stores) {
      const options = { prefix: '', limit: Number.MAX_SAFE_INTEGER }
      const own = gathered.get(name) ?? { rows: new Map(), changelog: new Map() }
      gathered.set(name, own)
      for (const [key, value] of await task.stores!.view.scan<never>(name, options)) {
        writer.reset()
        codec.encode(value, writer)
        own.rows.set(hex(key), writer.view().toString('hex'))
      }
    }
  }
  for (const [name, { changelog }] of gathered) {
    const partitions = await readTopic(broker, `${applicationId}-${name}-changelog`)
    for (const [key, value] of compacted(partitions.flat())) {
      changelog.set(hex(key), value.toString('hex'))
    }
  }
  return [...gathered].map(([name, own]) => ({ name, ...own }))
}

function hex(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex')
}

function plainValue(value: Value): unknown {
  return value instanceof StructuredValue ? value.parse() : value
}
