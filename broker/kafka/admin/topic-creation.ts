import { RetriableError } from '../../errors.ts'
import type { TopicSpec } from '../../port.ts'
import { retrying } from '../backoff.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { errorCodes } from '../error-codes.ts'
import { createTopics, type CreateTopicsRequest } from '../wire/create-topics.ts'
import { everywhere } from './everywhere.ts'
import { refusal } from './refusal.ts'
import { toSettings } from './topic-settings.ts'

/**
 * Creates topics, all or none as far as Kafka can: a trial run is made before, so that only a
 * topic that another client creates in between leaves some of them created.
 */
export async function createAll(cluster: KafkaCluster, specs: readonly TopicSpec[]): Promise<void> {
  if (specs.length === 0) return
  const topics = specs.map(({ name, partitions, config }) => ({
    name,
    partitions,
    config: toSettings(config),
  }))
  const timeoutMs = cluster.brokerTimeoutMs
  await create(cluster, { topics, timeoutMs, isTrial: true })
  await create(cluster, { topics, timeoutMs, isTrial: false })
  const names = specs.map(({ name }) => name)
  cluster.forgetLeaders(names)
  await everywhere(cluster, names, ({ topics: known }) =>
    known.every(
      ({ code, partitions }) =>
        code === errorCodes.NONE && partitions.every(({ leader }) => leader >= 0),
    ),
  )
}

async function create(cluster: KafkaCluster, request: CreateTopicsRequest): Promise<void> {
  let wasLost = false
  await retrying(cluster, cluster.requestTimeoutMs, async () => {
    const lane = cluster.lane(await cluster.controller(), 'control')
    const outcomes = await lane
      .call(createTopics, request, cluster.attemptTimeoutMs)
      .catch((error: unknown) => {
        if (error instanceof RetriableError) wasLost = true
        throw error
      })
    for (const { name, code, message } of outcomes) {
      // The trial found none of them: this is the request whose answer was lost.
      const isOurs = wasLost && !request.isTrial && code === errorCodes.TOPIC_ALREADY_EXISTS
      if (code === errorCodes.NONE || isOurs) continue
      if (code === errorCodes.REQUEST_TIMED_OUT) wasLost = true
      throw refusal(`topic ${JSON.stringify(name)}`, 'Create', code, message)
    }
  })
}
