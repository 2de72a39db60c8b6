import { toByteString } from '../../../bytes/byte-string.ts'
import {
  type TestDriverOptions,
  TopologyTestDriver,
} from '../../../runtime/topology-test-driver.ts'
import type { TechniqueTag } from '../../../schemas/cluster-records.ts'
import type { AttackerProfile, IdentityLink } from '../../../schemas/records.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import {
  type AttributionOptions,
  attributionTopology,
} from '../../../topology/attribution/attribution-topology.ts'
import {
  readResolveInput,
  resolveInputSerializer,
} from '../../../topology/attribution/codecs/resolve-input-codec.ts'
import { linkInput } from '../../../topology/attribution/resolve-input.ts'
import type { AttackerMessage } from '../../../topology/clustering/attacker-message.ts'
import {
  attackerMessageSerializer,
  readAttackerMessage,
} from '../../../topology/clustering/attacker-message-codec.ts'
import type { Processor, ProcessorContext } from '../../../topology/processor.ts'
import type { Record } from '../../../topology/record.ts'
import { read, vectorSerdes, write } from '../../vectors/vector-serdes.ts'

/** Stands where a clusterer does: shows what it is told, and sends the links it is given. */
class Listener implements Processor<AttackerMessage | IdentityLink, unknown> {
  process(record: Record<AttackerMessage | IdentityLink>, context: ProcessorContext<unknown>) {
    const { value } = record
    if ('type' in value) context.forward(record, 'told')
    else context.forward({ ...record, value: linkInput(value) }, 'moves')
  }
}

/** The attribution topology, with a listener in place of the clusterer. */
export function listenedTopology(options: AttributionOptions = {}) {
  const clusterer = {
    moves: 'moves',
    features: 'features',
    techniqueTag: (raw: Parameters<typeof read>[0]) => read(raw) as TechniqueTag,
  }
  return attributionTopology({ ...options, clusterer, serdes: vectorSerdes })
    .addRepartition('features', {
      parents: ['resolve'],
      partitions: 1,
      serializer: attackerMessageSerializer(),
      deserializer: readAttackerMessage,
    })
    .addSource('links', {
      topics: ['links'],
      partitions: 1,
      deserializer: (raw) => read(raw) as IdentityLink,
    })
    .addProcessor('listen', () => new Listener(), { parents: ['features', 'links'] })
    .addRepartition('moves', {
      parents: ['listen'],
      serializer: resolveInputSerializer(),
      deserializer: readResolveInput,
    })
    .addSink<AttackerMessage>('told', { parents: ['listen'], topic: 'told', serializer: write })
    .build()
}

const NO_PROFILE: AttackerProfile = {
  attacker_uuid: '',
  attacker_ip: null,
  first_seen: 0,
  last_seen: 0,
  asn: null,
  fingerprints: [],
  payload_hashes: [],
  c2_endpoints: [],
  credentials: [],
  commands: [],
}

export class ClustererWorld {
  readonly driver: TopologyTestDriver

  constructor(options: AttributionOptions = {}, driver: TestDriverOptions = {}) {
    const wallClockMs = 1_800_000_000_000
    this.driver = new TopologyTestDriver(listenedTopology(options), { wallClockMs, ...driver })
  }

  /** Records of one topic, as one batch. */
  async send(
    topic: string,
    records: readonly { key: string; value: object }[],
    partition?: number,
  ) {
    await this.driver.pipeBatch(
      records.map(({ key, value }) => ({
        topic,
        key,
        value: write(value),
        timestampMs: 1,
        ...(partition === undefined ? {} : { partition }),
      })),
    )
    const [failure] = this.driver.failures
    if (failure !== undefined) throw failure
  }

  async observe(attacker: string, values: readonly [ref: string, value: string, ts?: number][]) {
    const about = { attacker_uuid: attacker, primitive: 'motor.digraph_simhash', confidence: 1 }
    const records = values.map(([ref, value, ts = 1]) => ({
      key: attacker,
      value: { ...about, id: ref, evidence_ref: ref, value, ts },
    }))
    await this.send(PUBLIC_TOPICS.observation, records)
  }

  async profile(given: Partial<AttackerProfile> & { attacker_uuid: string }, partition?: number) {
    const value = { ...NO_PROFILE, ...given }
    const records = [{ key: given.attacker_uuid, value }]
    await this.send(PUBLIC_TOPICS['attacker-profile'], records, partition)
    return value
  }

  async tag(given: Pick<TechniqueTag, 'attacker_uuid' | 'identity_uuid' | 'decky_id'>) {
    const rest = { tag_uuid: 't', tactic: 'TA0003', created_ts: 7, session_id: null }
    const more = { technique_id: 'T1', sub_technique_id: null, confidence: 1 }
    const value: TechniqueTag = { ...rest, ...more, ...given }
    await this.send(PUBLIC_TOPICS['technique-tag'], [{ key: 'any', value }])
  }

  async link(attacker: string, root: string) {
    const value = { attacker_uuid: attacker, identity_uuid: root, root_uuid: root, cause: 'merge' }
    await this.send('links', [{ key: attacker, value }])
  }

  /** What the clusterer was told since the last call. */
  told(): AttackerMessage[] {
    return this.driver.readValues('told', read).map(({ value }) => value as AttackerMessage)
  }

  async get<V>(store: string, key: string): Promise<V | undefined> {
    return await this.driver.store<V>(store).get(toByteString(key))
  }
}
