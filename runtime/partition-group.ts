import type { RawRecord } from '../broker/port.ts'
import type { RecordQueue } from './record-queue.ts'

/** Why a group gives no record now. */
export type Readiness = 'ready' | 'waiting-for-fetch' | 'empty'

/**
 * Chooses a task's next record: the lowest timestamp among the heads of its partitions, ties by
 * the order in which the partitions were given.
 *
 * G1. Gives nothing while a partition is empty though the broker is known to hold more of it
 *     (KIP-695): order across partitions is by time as far as the data is known.
 */
export class PartitionGroup {
  readonly queues: readonly RecordQueue[]

  constructor(queues: readonly RecordQueue[]) {
    this.queues = queues
  }

  readiness(): Readiness {
    let buffered = false
    for (const queue of this.queues) {
      if (!queue.isEmpty) buffered = true
      else if (queue.isBehindBroker) return 'waiting-for-fetch'
    }
    return buffered ? 'ready' : 'empty'
  }

  /**
   * Takes up to `recordsMax` records in the order of their time.
   * @param each called with the record and its queue; false: the record stays, and nothing follows
   * @returns records taken
   */
  take(recordsMax: number, each: (record: RawRecord, queue: RecordQueue) => boolean): number {
    let taken = 0
    while (taken < recordsMax && this.readiness() === 'ready') {
      const queue = this.#earliest()
      if (queue === undefined) break
      const first = queue.take()!
      if (!each(first, queue)) {
        queue.putBack(first)
        break
      }
      taken++
      if (this.queues.length === 1) {
        // One partition: no choice to make until it runs empty.
        while (taken < recordsMax) {
          const record = queue.take()
          if (record === undefined) return taken
          if (!each(record, queue)) {
            queue.putBack(record)
            return taken
          }
          taken++
        }
      }
    }
    return taken
  }

  get lag(): number {
    return this.queues.reduce((sum, queue) => sum + queue.lag, 0)
  }

  #earliest(): RecordQueue | undefined {
    let earliest: RecordQueue | undefined
    let earliestTime = Infinity
    for (const queue of this.queues) {
      const head = queue.peek()
      if (head !== undefined && head.timestampMs < earliestTime) {
        earliest = queue
        earliestTime = head.timestampMs
      }
    }
    return earliest
  }
}
