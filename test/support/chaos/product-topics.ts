import type { Broker } from '../../../broker/port.ts'
import { inputTopics, outputTopics } from '../../../runtime/topology-topics.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import type { BuiltTopology } from '../../../topology/nodes.ts'

/** The public topics as an operator creates them, so that nothing is deleted by time. */
export async function createProductTopics(
  broker: Broker,
  topology: BuiltTopology,
  partitions: number,
): Promise<void> {
  const input = { timestampType: 'log-append-time', retentionMs: -1 } as const
  const linkTopic = PUBLIC_TOPICS['identity-link']
  await broker.createTopics([
    ...inputTopics(topology, []).map((name) => ({
      name,
      partitions,
      config: name === linkTopic ? { ...input, cleanupPolicy: 'compact' as const } : input,
    })),
    ...outputTopics(topology).map((name) => ({ name, partitions, config: { retentionMs: -1 } })),
  ])
}
