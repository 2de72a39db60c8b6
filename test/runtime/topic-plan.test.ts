import { expect, onTestFinished, test } from 'vitest'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import type { TopicConfig } from '../../broker/port.ts'
import { RuntimeConfigError } from '../../runtime/errors.ts'
import { planTopics } from '../../runtime/topic-plan.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { Topology } from '../../topology/topology.ts'
import { decodeText, encodeText, pass, textStore } from '../support/tiny-topologies.ts'
import { withMethods } from '../support/with-methods.ts'

const serdes = { serializer: encodeText, deserializer: decodeText }
const topology = new Topology()
  .addSource('words', { topics: ['word'], ...serdes })
  .addProcessor('keep', pass, { parents: ['words'], stores: [textStore('kept')] })
  .addSink('told', { parents: ['keep'], topic: 'told', serializer: encodeText })
  .build()
const external = ['word', 'told'].map((name) => ({ name, partitions: 1 }))

/** Plans on a broker where somebody changed a topic since it was created. */
async function planned(changed: string, settings: TopicConfig) {
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  onTestFinished(() => broker.close())
  await planTopics('app', topology, broker, external)
  const changing = withMethods(broker, {
    describeTopics: async (names) => {
      const described = await broker.describeTopics(names)
      return described.map((topic) =>
        topic.name === changed ? { ...topic, config: { ...topic.config, ...settings } } : topic,
      )
    },
  })
  return planTopics('app', topology, changing, external)
}

test.each<[string, TopicConfig, RegExp]>([
  ['app-dlq', { retentionMs: 604_800_000 }, /retention\.ms 604800000: set it back to -1/],
  ['app-dlq', { retentionBytes: 1000 }, /retention\.bytes 1000: set it back to -1/],
  ['app-kept-changelog', { timestampType: 'log-append-time' }, /set it back to CreateTime/],
  ['app-kept-changelog', { maxMessageBytes: 1000 }, /at most 1000 bytes .* take 1048588: raise it/],
  ['told', { maxMessageBytes: 1_048_587 }, /at most 1048587 bytes .* take 1048588: raise it/],
])(
  'a topic that would lose or refuse records is named at the start: %s %o',
  async (name, settings, said) => {
    const planning = planned(name, settings)
    await expect(planning).rejects.toThrow(RuntimeConfigError)
    await expect(planning).rejects.toThrow(said)
    await expect(planning).rejects.toThrow(`topic ${name} `)
  },
)

test.each<[string, TopicConfig]>([
  ['word', { retentionMs: 604_800_000, maxMessageBytes: 1000 }],
  ['told', { retentionMs: 604_800_000, timestampType: 'log-append-time' }],
  ['app-kept-changelog', { retentionMs: 604_800_000, retentionBytes: 1000 }],
])(
  'settings that lose nothing of the application are the operator’s: %s %o',
  async (name, settings) => {
    await expect(planned(name, settings)).resolves.toBeDefined()
  },
)
