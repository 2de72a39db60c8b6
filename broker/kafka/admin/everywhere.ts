import { RetriableError } from '../../errors.ts'
import { retrying } from '../backoff.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { metadata, type Metadata } from '../wire/metadata.ts'

const ATTEMPT_MS = 5_000

/**
 * Waits until every broker that answers agrees: brokers learn of a new or deleted topic one after
 * the other, and a client that asks the last one would be told the opposite.
 *
 * @throws {RetriableError} they do not within the request timeout
 */
export async function everywhere(
  cluster: KafkaCluster,
  topics: readonly string[],
  agrees: (metadata: Metadata) => boolean,
): Promise<void> {
  const waiting = new Set(cluster.nodeIds)
  await retrying(cluster, cluster.requestTimeoutMs, async () => {
    for (const nodeId of waiting) {
      const answer = await metadataOf(cluster, nodeId, topics)
      if (answer === null || agrees(answer)) waiting.delete(nodeId)
    }
    if (waiting.size > 0) {
      throw new RetriableError(
        `brokers ${[...waiting].join(', ')} have not yet heard of a change of ${topics.join(', ')}`,
      )
    }
  })
}

/** Null: it does not answer; a broker that is down learns when it comes back. */
async function metadataOf(
  cluster: KafkaCluster,
  nodeId: number,
  topics: readonly string[],
): Promise<Metadata | null> {
  try {
    return await cluster.lane(nodeId, 'control').call(metadata, { topics }, ATTEMPT_MS)
  } catch (error) {
    if (error instanceof RetriableError) return null
    throw error
  }
}
