import type { AbortedTransaction } from '../../broker/kafka/wire/fetch.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import { setBaseOffset } from '../../broker/record-batch/batch-header.ts'
import { encodeMarker, type TransactionVerdict } from '../../broker/record-batch/control-record.ts'

/** What one producer does next; producer 0 writes without transactions. */
export type LogStep =
  | { readonly producer: number; readonly does: 'append'; readonly keys: readonly Buffer[] }
  | { readonly producer: number; readonly does: TransactionVerdict }

interface LoggedBatch {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
}

interface LoggedRecord {
  readonly offset: number
  /** Null: written without a transaction. */
  readonly transaction: OpenTransaction | null
}

interface OpenTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
  /** Of its marker; null while it is open. */
  lastOffset: number | null
  verdict: TransactionVerdict | null
}

const TIME_MS = 1_700_000_000_000

/**
 * A partition as a broker keeps it, and what a reader may see of it, told apart record by record:
 * by the transaction that each record was written in, not by producers and markers.
 */
export class TransactionalLog {
  readonly #batches: LoggedBatch[] = []
  readonly #records: LoggedRecord[] = []
  readonly #open = new Map<number, OpenTransaction>()
  /** In the order of their ends, as a broker lists them. */
  readonly #aborted: OpenTransaction[] = []
  #end = 0

  constructor(steps: readonly LogStep[]) {
    for (const step of steps) {
      if (step.does === 'append') this.#append(step.producer, step.keys)
      else this.#close(step.producer, step.does)
    }
  }

  get highWatermark(): number {
    return this.#end
  }

  get lastStableOffset(): number {
    return Math.min(this.#end, ...[...this.#open.values()].map(({ firstOffset }) => firstOffset))
  }

  /** Offsets that a reader of committed records may see from `offset` on. */
  committedFrom(offset: number): number[] {
    const visible = this.#records.filter(
      ({ transaction }) => transaction === null || transaction.verdict === 'commit',
    )
    return visible
      .map((record) => record.offset)
      .filter((at) => at >= offset && at < this.lastStableOffset)
  }

  /**
   * As a broker answers: whole batches below the last stable offset from the one that holds
   * `offset`, and the aborted transactions that touch them.
   *
   * @param batchesMax how many at most
   * @param isCut with the beginning of the next batch
   */
  fetch(
    offset: number,
    batchesMax: number,
    isCut: boolean,
  ): { records: Buffer; aborted: AbortedTransaction[] } {
    const ahead = this.#batches.filter(
      ({ baseOffset, lastOffset }) => lastOffset >= offset && baseOffset < this.lastStableOffset,
    )
    const given = ahead.slice(0, batchesMax)
    const upper = given.length === 0 ? offset : given.at(-1)!.lastOffset + 1
    const next = isCut ? ahead[batchesMax] : undefined
    const cut = next === undefined ? [] : [next.bytes.subarray(0, next.bytes.length - 1)]
    return {
      records: Buffer.concat([...given.map(({ bytes }) => bytes), ...cut]),
      aborted: this.#aborted.filter(
        ({ firstOffset, lastOffset }) => lastOffset! >= offset && firstOffset < upper,
      ),
    }
  }

  #append(producer: number, keys: readonly Buffer[]): void {
    const isTransactional = producer > 0
    let transaction: OpenTransaction | null = null
    if (isTransactional) {
      transaction = this.#open.get(producer) ?? {
        producerId: BigInt(producer),
        firstOffset: this.#end,
        lastOffset: null,
        verdict: null,
      }
      this.#open.set(producer, transaction)
    }
    const builder = new BatchBuilder()
    for (const [i, key] of keys.entries()) {
      builder.append(key, Buffer.from('value'), TIME_MS)
      this.#records.push({ offset: this.#end + i, transaction })
    }
    const producerId = BigInt(producer)
    this.#push(
      builder.finish({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional }),
      keys.length,
    )
  }

  #close(producer: number, verdict: TransactionVerdict): void {
    const transaction = this.#open.get(producer)
    if (transaction === undefined) return
    this.#open.delete(producer)
    transaction.verdict = verdict
    transaction.lastOffset = this.#end
    if (verdict === 'abort') this.#aborted.push(transaction)
    const { producerId } = transaction
    this.#push(encodeMarker({ verdict, producerId, producerEpoch: 0, timestampMs: TIME_MS }), 1)
  }

  #push(bytes: Buffer, records: number): void {
    setBaseOffset(bytes, this.#end)
    const lastOffset = this.#end + records - 1
    this.#batches.push({ bytes, baseOffset: this.#end, lastOffset })
    this.#end += records
  }
}
