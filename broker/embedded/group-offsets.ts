import type { CommittedOffset, TopicPartition } from '../port.ts'
import type { OpenTransaction } from './open-transaction.ts'

/**
 * The committed offsets of one group.
 *
 * G1. A partition over which a transaction holds an offset is not answered until that transaction
 *     is decided: a new owner must not start from what is about to change (KIP-447).
 */
export class GroupOffsets {
  readonly #committed = new Map<string, CommittedOffset>()
  readonly #held = new Map<string, Set<OpenTransaction>>()
  #waiting: (() => void)[] = []

  all(): CommittedOffset[] {
    return [...this.#committed.values()]
  }

  get(at: TopicPartition): CommittedOffset | undefined {
    return this.#committed.get(nameOf(at))
  }

  set(offset: CommittedOffset): void {
    this.#committed.set(nameOf(offset), offset)
  }

  delete(at: TopicPartition): void {
    this.#committed.delete(nameOf(at))
  }

  hold(transaction: OpenTransaction, offsets: readonly CommittedOffset[]): void {
    for (const at of offsets) {
      const holders = this.#held.get(nameOf(at))
      if (holders === undefined) this.#held.set(nameOf(at), new Set([transaction]))
      else holders.add(transaction)
    }
  }

  release(transaction: OpenTransaction, offsets: readonly CommittedOffset[]): void {
    for (const at of offsets) {
      const holders = this.#held.get(nameOf(at))
      holders?.delete(transaction)
      if (holders?.size === 0) this.#held.delete(nameOf(at))
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** The offsets of those partitions that have one, once none is held. */
  async stable(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    while (partitions.some((at) => this.#held.has(nameOf(at)))) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return partitions.flatMap((at) => this.get(at) ?? [])
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
