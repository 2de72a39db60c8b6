import type { DatabaseBatch } from '../../state/task-database.ts'
import type { CommittedOffset } from '../port.ts'
import { encodeMarker, type TransactionVerdict } from '../record-batch/control-record.ts'
import type { TailEntry } from './log-tail.ts'
import type { PartitionLog } from './partition-log.ts'
import { encodeRow, type AbortRow, type OpenPartitionRow } from './rows.ts'

/** What a transaction did to one partition. */
interface Share {
  readonly firstOffset: number
  /** Batches that no write has taken up. */
  unwritten: TailEntry[]
}

/**
 * The effects of one transaction until its verdict: records by partition, offsets by group.
 *
 * O1. Everything that is not on disk yet is written together with the markers, in one database
 *     batch: a commit is whole or absent, whatever crashes.
 */
export class OpenTransaction {
  readonly producerId: bigint
  readonly producerEpoch: number
  /** Offsets to commit, by group. */
  readonly offsets = new Map<string, CommittedOffset[]>()
  readonly #shares = new Map<PartitionLog, Share>()
  readonly #markers: { log: PartitionLog; entry: TailEntry }[] = []

  constructor(producerId: bigint, producerEpoch: number) {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }

  get hasUnwritten(): boolean {
    for (const { unwritten } of this.#shares.values()) if (unwritten.length > 0) return true
    return false
  }

  add(log: PartitionLog, entry: TailEntry): void {
    const share = this.#shares.get(log)
    if (share === undefined) {
      this.#shares.set(log, { firstOffset: entry.batch.baseOffset, unwritten: [entry] })
    } else share.unwritten.push(entry)
  }

  /** Takes up a share that an earlier process had written. */
  resume(log: PartitionLog, firstOffset: number): void {
    this.#shares.set(log, { firstOffset, unwritten: [] })
  }

  /** Takes what is not on disk; `put` adds it to a batch, `written` follows when it is there. */
  takeUnwritten(): { put(batch: DatabaseBatch): void; written(): void } {
    const taken = [...this.#shares].map(([log, share]) => {
      const entries = share.unwritten
      share.unwritten = []
      return { log, entries }
    })
    return {
      put: (batch) => {
        for (const { log, entries } of taken) for (const entry of entries) log.put(batch, entry)
      },
      written: () => {
        for (const { log, entries } of taken) for (const entry of entries) log.written(entry)
      },
    }
  }

  /** Appends the markers that end the transaction in each of its logs. */
  appendMarkers(verdict: TransactionVerdict, nowMs: number): void {
    const { producerId, producerEpoch } = this
    for (const log of this.#shares.keys()) {
      if (log.isDeleted) continue
      const bytes = encodeMarker({ verdict, producerId, producerEpoch, timestampMs: nowMs })
      this.#markers.push({ log, entry: log.append(bytes, nowMs) })
    }
  }

  putMarkers(verdict: TransactionVerdict, batch: DatabaseBatch): void {
    for (const { log, entry } of this.#markers) {
      log.put(batch, entry)
      if (verdict === 'commit' || log.isDeleted) continue
      const { firstOffset } = this.#shares.get(log)!
      const row: AbortRow = { producerId: this.producerId.toString(), firstOffset }
      batch.put(log.keys.at('A', entry.batch.baseOffset), encodeRow(row))
    }
  }

  /** The verdict is on disk: readers may pass. */
  decided(verdict: TransactionVerdict): void {
    const { producerId } = this
    for (const { log, entry } of this.#markers) {
      if (verdict === 'abort') {
        const { firstOffset } = this.#shares.get(log)!
        log.aborts.add({ producerId, firstOffset, markerOffset: entry.batch.baseOffset })
      }
      log.written(entry)
      log.decided(producerId)
      log.notify()
    }
  }

  /** For the row that lets recovery abort what was written before the verdict. */
  openRows(): OpenPartitionRow[] {
    return [...this.#shares].map(([{ topicNumber, partition }, { firstOffset }]) => {
      return { topic: topicNumber, partition, firstOffset }
    })
  }
}
