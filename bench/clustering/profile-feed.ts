import type { Producer } from '../../broker/port.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import { partitionForText } from '../../bytes/murmur2.ts'
import type { Engine } from '../../cli/engine.ts'
import type { AttackerProfile } from '../../schemas/records.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { ProfileWorkload } from './profile-workload.ts'

const BATCH_RECORDS = 500
/** Made and sent at once, so that the workload takes no memory. */
const CHUNK_PROFILES = 10 * BATCH_RECORDS
const TOPIC = PUBLIC_TOPICS['attacker-profile']

/** Records of one partition, ready to be sent. */
interface Prepared {
  readonly partition: number
  readonly records: BatchBuilder
}

/** Sends profiles to the log of a running product. */
export class ProfileFeed {
  readonly #producer: Producer
  readonly #workload: ProfileWorkload
  readonly #partitions: number
  readonly #serialized: (profile: AttackerProfile) => Buffer
  sentProfiles = 0

  constructor({ broker, registry }: Engine, workload: ProfileWorkload, partitions: number) {
    this.#producer = broker.producer()
    this.#workload = workload
    this.#partitions = partitions
    this.#serialized = serializerFor('attacker-profile', registry, 'avro')
  }

  /** Makes the next profiles, so that a measurement need not. */
  prepare(count: number): readonly Prepared[] {
    const prepared: Prepared[] = []
    const open = new Map<number, BatchBuilder>()
    for (let i = 0; i < count; i++) {
      const profile = this.#workload.next()
      const key = profile.attacker_uuid
      const partition = partitionForText(key, this.#partitions)
      let records = open.get(partition)
      if (records === undefined || records.count >= BATCH_RECORDS) {
        records = new BatchBuilder()
        open.set(partition, records)
        prepared.push({ partition, records })
      }
      records.append(Buffer.from(key), this.#serialized(profile), profile.last_seen * 1000)
    }
    return prepared
  }

  async send(prepared: readonly Prepared[]): Promise<void> {
    for (const { partition, records } of prepared) {
      this.sentProfiles += records.count
      await this.#producer.send([{ topic: TOPIC, partition, records }])
    }
  }

  /** Sends profiles until so many were sent. */
  async sendUntil(profiles: number): Promise<void> {
    while (this.sentProfiles < profiles) {
      await this.send(this.prepare(Math.min(CHUNK_PROFILES, profiles - this.sentProfiles)))
    }
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }
}
