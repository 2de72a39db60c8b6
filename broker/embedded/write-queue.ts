import type { DatabaseBatch, TaskDatabase } from '../../state/task-database.ts'
import { FatalBrokerError } from '../errors.ts'

/** Adds rows to the batch under way; called once, just before it is written. */
export type FillBatch = (batch: DatabaseBatch) => void

interface Waiting {
  readonly fill: FillBatch
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * All writes of the log, in one order.
 *
 * W1. First in, first out, one database batch in flight: what was written after reading a record
 *     never reaches the disk before that record.
 * W2. Everything that waits when a batch starts goes into it, so that many small writes cost one.
 * W3. One `enqueue` is atomic: its rows go into the same database batch.
 * W4. After a failed write every later one is refused: offsets were given out that the disk does
 *     not hold, and only reopening finds the truth.
 *
 * Durable here means: in the operating system's hands, so a killed process loses nothing. It is
 * not synced: power loss may cost the last moments, always a suffix of this order.
 */
export class WriteQueue {
  readonly #database: TaskDatabase
  #waiting: Waiting[] = []
  #isWriting = false
  #failure: Error | null = null

  constructor(database: TaskDatabase) {
    this.#database = database
  }

  /** @throws {FatalBrokerError} this write or an earlier one failed */
  enqueue(fill: FillBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#refusal(this.#failure))
        return
      }
      this.#waiting.push({ fill, resolve, reject })
      if (this.#isWriting) return
      this.#isWriting = true
      // Later in this turn, so that every task that commits in it shares the batch.
      queueMicrotask(() => void this.#drain())
    })
  }

  /** Resolves when what was enqueued before has been written or refused. */
  async idle(): Promise<void> {
    await this.enqueue(() => undefined).catch(() => undefined)
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const writing = this.#waiting
      this.#waiting = []
      try {
        await this.#write(writing)
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error))
        const refused = [...writing, ...this.#waiting]
        this.#waiting = []
        for (const { reject } of refused) reject(this.#refusal(this.#failure))
        return
      }
      for (const { resolve } of writing) resolve()
    }
    this.#isWriting = false
  }

  async #write(writing: readonly Waiting[]): Promise<void> {
    const batch = this.#database.batch()
    try {
      for (const { fill } of writing) fill(batch)
      if (batch.size > 0) await batch.commit()
    } finally {
      batch.discard()
    }
  }

  #refusal(cause: Error): FatalBrokerError {
    return new FatalBrokerError(`the log cannot be written: ${cause.message}`, { cause })
  }
}
