import type { RawRecord, TopicSpec } from '../../../broker/port.ts'
import { rawValue } from '../../../broker/record-batch/record-fields.ts'
import { InProcessRegistry } from '../../../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS, workerTopic } from '../../../schemas/topics.ts'
import { WORKERS } from '../../../schemas/worker-records.ts'
import { CAMPAIGN_SINKS } from '../../../topology/campaign/campaign-sinks.ts'
import { IDENTITY_SINKS } from '../../../topology/identity/identity-sinks.ts'
import type { BuiltTopology } from '../../../topology/nodes.ts'
import { productSerdes, productTopology } from '../../../topology/product-topology.ts'

/** What is told of identities and campaigns, by the names of their records. */
export const NEWS = [...Object.values(IDENTITY_SINKS), ...Object.values(CAMPAIGN_SINKS)]

export type NewsName = (typeof NEWS)[number]

/** A record of {@link NEWS} as {@link numberedProduct} writes it. */
export interface NumberedNews {
  /** Greater than that of everything told before, whatever the topic. */
  readonly number: number
  readonly value: unknown
}

let lastNumber = 0

/**
 * The whole product, as it is but for the news of its clusterers: they are JSON that says in which
 * order it was written, which the log of one topic tells not. What was undone leaves gaps.
 */
export function numberedProduct(genericEvidenceLimit: number): BuiltTopology {
  const serdes = productSerdes(new InProcessRegistry(), 'avro')
  const write = (value: unknown): Buffer =>
    Buffer.from(JSON.stringify({ number: ++lastNumber, value } satisfies NumberedNews))
  const numbered = <S extends object>(of: S): S =>
    Object.fromEntries(Object.keys(of).map((name) => [name, write])) as S
  const { campaign, identity } = serdes
  return productTopology({
    attribution: {},
    clusterer: 'connected-components',
    genericEvidenceLimit,
    hasWorkers: true,
    serdes: { ...serdes, identity: numbered(identity), campaign: numbered(campaign) },
  }).build()
}

export function readNews(raw: RawRecord): NumberedNews {
  return JSON.parse(rawValue(raw)!.toString()) as NumberedNews
}

/** Those of the product: inputs carry the log's clock. */
export function productTopics(partitions: number): TopicSpec[] {
  const config = { timestampType: 'log-append-time' } as const
  const inputs = [
    'observation',
    'attacker-profile',
    'technique-tag',
    'identity-observation',
  ] as const
  const outputs = [
    'state-changed',
    'multi-actor-suspected',
    'multi-actor-cleared',
    ...NEWS,
  ] as const
  return [
    ...inputs.map((record) => ({ name: PUBLIC_TOPICS[record], partitions, config })),
    ...outputs.map((record) => ({ name: PUBLIC_TOPICS[record], partitions })),
    ...WORKERS.flatMap((worker) => [
      { name: workerTopic(worker, 'control'), partitions: 1, config },
      { name: workerTopic(worker, 'health'), partitions: 1 },
    ]),
  ]
}
