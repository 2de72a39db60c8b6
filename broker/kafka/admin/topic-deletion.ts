import { RetriableError } from '../../errors.ts'
import { retrying } from '../backoff.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { errorCodes } from '../error-codes.ts'
import { deleteTopics } from '../wire/delete-topics.ts'
import { everywhere } from './everywhere.ts'
import { refusal } from './refusal.ts'

/**
 * Deletes topics and waits until no broker knows them.
 * @throws {UnknownTopicError} one does not exist; none is deleted
 */
export async function deleteAll(cluster: KafkaCluster, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  await refuseUnknown(cluster, names)
  let wasLost = false
  await retrying(cluster, cluster.requestTimeoutMs, async () => {
    const lane = cluster.lane(await cluster.controller(), 'control')
    const request = { names, timeoutMs: cluster.brokerTimeoutMs }
    const outcomes = await lane
      .call(deleteTopics, request, cluster.attemptTimeoutMs)
      .catch((error: unknown) => {
        if (error instanceof RetriableError) wasLost = true
        throw error
      })
    for (const { name, code, message } of outcomes) {
      const isOurs = wasLost && code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      if (code === errorCodes.NONE || isOurs) continue
      // Deleted or not, and the others with it: the next attempt finds some gone.
      wasLost = true
      throw refusal(`topic ${name}`, 'Delete', code, message)
    }
  })
  cluster.forgetLeaders(names)
  await everywhere(cluster, names, ({ topics }) =>
    topics.every(({ code }) => code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION),
  )
}

async function refuseUnknown(cluster: KafkaCluster, names: readonly string[]): Promise<void> {
  const { topics } = await retrying(cluster, cluster.requestTimeoutMs, () =>
    cluster.metadata(names),
  )
  const unknown = topics.find(({ code }) => code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (unknown !== undefined) throw refusal(`topic ${unknown.name}`, 'Delete', unknown.code)
}
