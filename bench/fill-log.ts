/** Fills an embedded log with a workload: `fill-log <state dir> <topic kind> <records> <identities>` */
import { Registry } from 'prom-client'
import { BatchBuilder } from '../broker/record-batch/batch-builder.ts'
import { partitionForText } from '../bytes/murmur2.ts'
import { openEmbeddedLog } from '../cli/embedded-log.ts'
import { startEngine } from '../cli/engine.ts'
import { InProcessRegistry } from '../schemas/in-process-registry.ts'
import { serializerFor } from '../schemas/serializer.ts'
import { PUBLIC_TOPICS } from '../schemas/topics.ts'
import { benchConfig, silentEvents, type Input } from './bench-config.ts'
import { Workload } from './workload.ts'

const [stateDir = '', input = 'identity-observation', records = '0', identities = '1'] =
  process.argv.slice(2)

const BATCH_RECORDS = 500
const config = benchConfig(stateDir)
const topic = PUBLIC_TOPICS[input as Input]
const workload = new Workload(Number(identities))
const registry = new InProcessRegistry()
const identityObservation = serializerFor('identity-observation', registry, 'avro')
const observation = serializerFor('observation', registry, 'avro')

// The engine creates the topics; it is closed before there is anything to process.
await (await startEngine({ config, events: silentEvents, metrics: new Registry() })).close()
const log = await openEmbeddedLog(config)
const producer = log.broker.producer()
const builders = Array.from({ length: config.partitions }, () => new BatchBuilder())

async function send(partition: number): Promise<void> {
  const full = builders[partition]!
  builders[partition] = new BatchBuilder()
  await producer.send([{ topic, partition, records: full }])
}

for (let i = 0; i < Number(records); i++) {
  const isIdentity = input === 'identity-observation'
  const record = isIdentity ? workload.identityObservation() : workload.observation()
  const key = 'identity_uuid' in record ? record.identity_uuid : record.attacker_uuid
  const value = 'identity_uuid' in record ? identityObservation(record) : observation(record)
  const partition = partitionForText(key, config.partitions)
  builders[partition]!.append(Buffer.from(key), value, Math.floor(record.ts * 1000))
  if (builders[partition]!.count >= BATCH_RECORDS) await send(partition)
}
for (const [partition, builder] of builders.entries()) if (builder.count > 0) await send(partition)
await producer.close()
await log.close()
