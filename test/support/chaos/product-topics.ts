import type { Broker } from '../../../broker/port.ts'
import { inputTopics, outputTopics } from '../../../runtime/topology-topics.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import type { BuiltTopology } from '../../../topology/nodes.ts'

const LAST_VALUES = [PUBLIC_TOPICS['identity-link'], PUBLIC_TOPICS['evidence-generic']]

/** The public topics as an operator creates them, so that nothing is deleted by time. */
export async function createProductTopics(
  broker: Broker,
  topology: BuiltTopology,
  partitions: number,
): Promise<void> {
  const input = { timestampType: 'log-append-time', retentionMs: -1 } as const
  const demanded = new Map(
    topology.subTopologies.flatMap(({ sources }) =>
      sources.flatMap((source) => source.topics.map((topic) => [topic, source.partitions])),
    ),
  )
  await broker.createTopics([
    ...inputTopics(topology, []).map((name) => ({
      name,
      partitions: demanded.get(name) ?? partitions,
      config: LAST_VALUES.includes(name) ? { ...input, cleanupPolicy: 'compact' as const } : input,
    })),
    ...outputTopics(topology).map((name) => ({
      name,
      partitions,
      config: LAST_VALUES.includes(name)
        ? { cleanupPolicy: 'compact' as const }
        : { retentionMs: -1 },
    })),
  ])
}
