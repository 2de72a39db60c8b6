import type { TopicDescription } from '../../port.ts'
import { retrying } from '../backoff.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { topicError } from '../cluster/partition-leaders.ts'
import { errorCodes } from '../error-codes.ts'
import { describeConfigs, type TopicConfigEntries } from '../wire/describe-configs.ts'
import type { TopicMetadata } from '../wire/metadata.ts'
import { refusal } from './refusal.ts'
import { fromSettings, settingNames } from './topic-settings.ts'

/** Topics whose settings are asked for in one request. */
const TOPICS_PER_REQUEST = 500

const absentCodes: readonly number[] = [
  errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  errorCodes.INVALID_TOPIC,
]

/** @param names absent: all but Kafka's internal topics. Unknown names are absent from the answer. */
export async function describeAll(
  cluster: KafkaCluster,
  names?: readonly string[],
): Promise<TopicDescription[]> {
  return await retrying(cluster, cluster.requestTimeoutMs, async () => {
    const topics = await existing(cluster, names)
    const described: TopicDescription[] = []
    for (let first = 0; first < topics.length; first += TOPICS_PER_REQUEST) {
      described.push(...(await describe(cluster, topics.slice(first, first + TOPICS_PER_REQUEST))))
    }
    return described
  })
}

async function existing(
  cluster: KafkaCluster,
  names: readonly string[] | undefined,
): Promise<TopicMetadata[]> {
  const unique = names === undefined ? null : [...new Set(names)]
  const { topics } = await cluster.metadata(unique)
  return topics.filter(({ name, code, isInternal }) => {
    if (absentCodes.includes(code)) return false
    if (code !== errorCodes.NONE) throw topicError(name, code)
    return names !== undefined || !isInternal
  })
}

async function describe(
  cluster: KafkaCluster,
  topics: readonly TopicMetadata[],
): Promise<TopicDescription[]> {
  const entries = await cluster.ask(describeConfigs, {
    topics: topics.map(({ name }) => name),
    settings: settingNames,
  })
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  return topics.flatMap((topic) => {
    const entry = byName.get(topic.name)
    // Deleted since the metadata was read.
    if (entry === undefined || absentCodes.includes(entry.code)) return []
    return [description(topic, entry)]
  })
}

function description(topic: TopicMetadata, entry: TopicConfigEntries): TopicDescription {
  const { name, topicId, partitions } = topic
  if (entry.code !== errorCodes.NONE) {
    throw refusal(`settings of topic ${name}`, 'DescribeConfigs', entry.code, entry.message)
  }
  return {
    name,
    topicId: topicId.toString('base64url'),
    partitions: partitions.length,
    config: fromSettings(entry.values),
  }
}
