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
 * A3. Outputs are acknowledged before the state that knows of them is sent. The other way round a
 *     crash in between would leave a state that has made a transition which nobody was told of.
 *     So what it leaves is told twice, and the next sub-topology counts a message twice; whoever
 *     cannot bear that needs transactions.
 */
export class AtLeastOnceWriter implements Transaction {
  readonly #producer: Producer
  readonly #offsets: OffsetCommitter
  readonly #changelogs: ReadonlySet<string>

  /** @param changelogs topics of the task's state */
  constructor(producer: Producer, offsets: OffsetCommitter, changelogs: Iterable<string>) {
    this.#producer = producer
    this.#offsets = offsets
    this.#changelogs = new Set(changelogs)
  }

  init(): Promise<void> {
    return Promise.resolve()
  }

  async send(records: readonly PartitionRecords[]): Promise<Ack[]> {
    const outputs = records.filter(({ topic }) => !this.#changelogs.has(topic))
    const state = records.filter(({ topic }) => this.#changelogs.has(topic))
    const acks: Ack[] = []
    for (const part of [outputs, state]) {
      if (part.length > 0) acks.push(...(await this.#producer.send(part)))
    }
    return acks
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
