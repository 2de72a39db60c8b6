import type { KafkaBroker } from '../../../broker/kafka/kafka-broker.ts'
import type { BrokerHarness, OpenBroker } from '../../contract/broker/harness.ts'
import { uniqueName } from '../broker-records.ts'
import { ClusterTool } from './cluster-tool.ts'
import { connectPlain } from './plain-client.ts'

export interface HarnessBrokers {
  readonly bootstrapServers: string
  readonly dispose: () => Promise<void>
}

/** The broker contract's harness on real brokers. */
export function kafkaHarness(name: string, brokers: () => Promise<HarnessBrokers>): BrokerHarness {
  return {
    name,
    // A broker of ours takes 300 ms; a busy machine keeps a member from its heartbeats for longer.
    // Kafka's own least, for a broker that is given, is 6 s.
    sessionTimeoutMs: process.env['KAFKA_BROKERS'] ? 6000 : 1500,
    open: async () => await openKafka(await brokers()),
  }
}

async function openKafka({ bootstrapServers, dispose }: HarnessBrokers): Promise<OpenBroker> {
  const tool = new ClusterTool(bootstrapServers)
  const clients: KafkaBroker[] = []
  const connect = async (): Promise<KafkaBroker> => {
    const client = await connectPlain(bootstrapServers, uniqueName('contract'))
    clients.push(client)
    return client
  }
  return {
    broker: await connect(),
    connect,
    // Every other filler of the suite rolls the segment; the closed ones may be cleaned at once.
    compact: (topic) =>
      tool.alterTopic(topic, {
        'internal.segment.bytes': '2000',
        'min.cleanable.dirty.ratio': '0.01',
      }),
    close: async () => {
      for (const client of clients) await client.close()
      await dispose()
    },
  }
}
