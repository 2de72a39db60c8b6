import { FatalBrokerError } from '../errors.ts'
import type { Ack, PartitionRecords, Producer } from '../port.ts'
import type { LogAppender } from './log-appender.ts'
import type { PartitionLog } from './partition-log.ts'
import { ProducerIdentity } from './producer-identity.ts'

/** The idempotent producer: resolves when its batches are in the database. */
export class EmbeddedProducer implements Producer {
  readonly #appender: LogAppender
  readonly #identity: ProducerIdentity
  readonly #logs = new Set<PartitionLog>()
  #isClosed = false

  constructor(appender: LogAppender, producerId: bigint) {
    this.#appender = appender
    this.#identity = new ProducerIdentity(producerId, 0, false)
  }

  async send(records: readonly PartitionRecords[]): Promise<Ack[]> {
    if (this.#isClosed) throw new FatalBrokerError('the producer is closed')
    const sends = this.#appender.check(records)
    for (const { log } of sends) this.#logs.add(log)
    return await this.#appender.appendDurably(sends, this.#identity)
  }

  close(): Promise<void> {
    this.#isClosed = true
    for (const log of this.#logs) log.sequences.forget(this.#identity.producerId)
    return Promise.resolve()
  }
}
