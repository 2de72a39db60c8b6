import type { Broker } from '../../broker/port.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import type { RecordHeader } from '../../broker/record-batch/record.ts'
import { resolveConfig } from '../../cli/config/resolve-config.ts'
import { openEmbeddedLog } from '../../cli/embedded-log.ts'

/** The embedded log of a stopped instance, opened for as long as `use` takes. */
export async function withLog<T>(
  stateDir: string,
  use: (broker: Broker) => Promise<T>,
): Promise<T> {
  const { config } = await resolveConfig({ env: { STATE_DIR: stateDir } })
  const log = await openEmbeddedLog(config)
  try {
    return await use(log.broker)
  } finally {
    await log.close()
  }
}

export interface RawSend {
  readonly topic: string
  readonly partition?: number
  readonly key?: Buffer | null
  readonly value: Buffer | null
  readonly headers?: readonly RecordHeader[]
}

/** Appends records as a foreign producer would: nothing checks them. */
export async function sendRaw(broker: Broker, sends: readonly RawSend[]): Promise<void> {
  const producer = broker.producer()
  for (const { topic, partition = 0, key = null, value, headers = [] } of sends) {
    const records = new BatchBuilder()
    records.append(key, value, Date.now(), headers)
    await producer.send([{ topic, partition, records }])
  }
  await producer.close()
}
