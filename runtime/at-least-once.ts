import type {
  Ack,
  CommittedOffset,
  PartitionRecords,
  Producer,
  Transaction,
} from '../broker/port.ts'

/** What commits offsets without a transaction. */
export interface OffsetCommitter {
  commit(offsets: readonly CommittedOffset[]): Promise<void>
}

/**
 * The writer of a task under `at_least_once`: the steps of a transaction without its atomicity.
 *
 * A1. Outputs and changelog are acknowledged before the offsets are committed: after a crash in
 *     between, input is processed again and outputs are written twice, but nothing is lost.
 * A2. Ownership is judged by the group alone; a member that was evicted may still write until it
 *     learns of it.
 * A3. Outputs and state go out in one send, so where one broker leads them all they are written
 *     together or not at all. Where several do, a crash between their answers leaves a part:
 *     outputs that their state does not know are sent again, and what the next sub-topology makes
 *     of a message it counts twice; outputs whose state was faster are not sent at all. Whoever
 *     cannot bear that needs transactions.
 */
export class AtLeastOnceWriter implements Transaction {
  readonly #producer: Producer
  readonly #offsets: OffsetCommitter

  constructor(producer: Producer, offsets: OffsetCommitter) {
    this.#producer = producer
    this.#offsets = offsets
  }

  init(): Promise<void> {
    return Promise.resolve()
  }

  send(records: readonly PartitionRecords[]): Promise<Ack[]> {
    return this.#producer.send(records)
  }

  sendOffsets(offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#offsets.commit(offsets)
  }

  commit(): Promise<void> {
    return Promise.resolve()
  }

  abort(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return this.#producer.close()
  }
}
