import type { Isolation, OffsetSpec, PartitionOffset, TopicPartition } from '../../port.ts'
import type { KafkaCluster } from '../cluster/kafka-cluster.ts'
import { errorCodes } from '../error-codes.ts'
import { EARLIEST, LATEST, listOffsets } from '../wire/list-offsets.ts'
import { askLeaders } from './leader-calls.ts'
import { refusal } from './refusal.ts'

const NO_RECORD = -1

export async function lookUpOffsets(
  cluster: KafkaCluster,
  partitions: readonly TopicPartition[],
  spec: OffsetSpec,
  isolation: Isolation,
): Promise<PartitionOffset[]> {
  const found = await list(cluster, partitions, timestampOf(spec), isolation)
  const beyond = found.filter(({ offset }) => offset === NO_RECORD)
  if (beyond.length === 0) return found
  const ends = await list(cluster, beyond, LATEST, isolation)
  return found.map((each) => (each.offset === NO_RECORD ? ends.shift()! : each))
}

function timestampOf(spec: OffsetSpec): number {
  if (spec === 'earliest') return EARLIEST
  return spec === 'latest' ? LATEST : Math.max(0, spec.timestampMs)
}

async function list(
  cluster: KafkaCluster,
  partitions: readonly TopicPartition[],
  timestampMs: number,
  isolation: Isolation,
): Promise<PartitionOffset[]> {
  return await askLeaders(
    cluster,
    partitions,
    (lane, items) =>
      lane.call(
        listOffsets,
        { isolation, partitions: items, timestampMs },
        cluster.attemptTimeoutMs,
      ),
    ({ topic, partition }, { code, offset }) => {
      if (code !== errorCodes.NONE)
        throw refusal(`offsets of ${topic}-${partition}`, 'Describe', code)
      return { topic, partition, offset }
    },
  )
}
