/** Fills an embedded log with profiles: `fill-profiles <state dir> <profiles> <seed>` */
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import { partitionForText } from '../../bytes/murmur2.ts'
import { openEmbeddedLog } from '../../cli/embedded-log.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { benchConfig } from '../bench-config.ts'
import { ProfileWorkload } from './profile-workload.ts'
import { startProduct } from './settled-engine.ts'

const [stateDir = '', profiles = '0', seed = '1'] = process.argv.slice(2)

const BATCH_RECORDS = 500
const config = benchConfig(stateDir)
const topic = PUBLIC_TOPICS['attacker-profile']
const workload = new ProfileWorkload(Number(profiles), Number(seed))
const serialized = serializerFor('attacker-profile', new InProcessRegistry(), 'avro')

// The engine creates the topics; it is closed before there is anything to process.
await (await startProduct(stateDir)).close()
const log = await openEmbeddedLog(config)
const producer = log.broker.producer()
const builders = Array.from({ length: config.partitions }, () => new BatchBuilder())

async function send(partition: number): Promise<void> {
  const records = builders[partition]!
  builders[partition] = new BatchBuilder()
  await producer.send([{ topic, partition, records }])
}

for (let i = 0; i < Number(profiles); i++) {
  const profile = workload.next()
  const key = profile.attacker_uuid
  const partition = partitionForText(key, config.partitions)
  builders[partition]!.append(Buffer.from(key), serialized(profile), profile.last_seen * 1000)
  if (builders[partition]!.count >= BATCH_RECORDS) await send(partition)
}
for (const [partition, builder] of builders.entries()) if (builder.count > 0) await send(partition)
await producer.close()
await log.close()
