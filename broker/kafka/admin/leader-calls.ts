import { RetriableError } from '../../errors.ts'
import type { TopicPartition } from '../../port.ts'
import { retrying } from '../backoff.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { errorCodes } from '../error-codes.ts'
import type { Lane } from '../lane.ts'

/**
 * Puts a question about partitions to their leaders, each about its own, and again to the new
 * ones where a leader has moved. The question must bear repetition.
 *
 * @param settle takes an answer, or throws what its code means
 * @returns what `settle` made of the answers, in the order asked
 */
export async function askLeaders<Item extends TopicPartition, Answer extends LeaderAnswer, Result>(
  cluster: KafkaCluster,
  items: readonly Item[],
  question: (lane: Lane, items: readonly Item[]) => Promise<readonly Answer[]>,
  settle: (item: Item, answer: Answer) => Result,
): Promise<Result[]> {
  return await retrying(cluster, cluster.requestTimeoutMs, async () => {
    const leaders = await cluster.leaders(items)
    const groups = new Map<number, Item[]>()
    items.forEach((item, i) => {
      const group = groups.get(leaders[i]!)
      if (group === undefined) groups.set(leaders[i]!, [item])
      else group.push(item)
    })
    const answers = await Promise.all(
      [...groups].map(([leader, group]) => question(cluster.lane(leader, 'control'), group)),
    )
    const byPartition = new Map(answers.flat().map((answer) => [partitionKey(answer), answer]))
    return items.map((item) => {
      const answer = byPartition.get(partitionKey(item))
      if (answer === undefined || movedCodes.has(answer.code)) {
        cluster.forgetLeaders([item.topic])
        throw new RetriableError(`${item.topic}-${item.partition} has a new leader`)
      }
      return settle(item, answer)
    })
  })
}

export interface LeaderAnswer extends TopicPartition {
  readonly code: number
}

/** Said by a broker that does not lead the partition any more, or does not know it yet. */
const movedCodes = new Set<number>([
  errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  errorCodes.LEADER_NOT_AVAILABLE,
  errorCodes.NOT_LEADER_OR_FOLLOWER,
  errorCodes.REPLICA_NOT_AVAILABLE,
  errorCodes.KAFKA_STORAGE_ERROR,
  errorCodes.FENCED_LEADER_EPOCH,
  errorCodes.UNKNOWN_LEADER_EPOCH,
])

function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
