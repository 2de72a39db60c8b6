import { counterKey } from './row-keys.ts'
import { encodeRow } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

export interface CounterRow {
  readonly limit: number
}

/** Numbers taken from the disk at once. */
const BLOCK = 1000

/**
 * Gives each number once, also across restarts.
 *
 * C1. A number is below a limit that reaches the disk no later than anything written with it,
 *     because the write queue keeps order; what a crash leaves unused is skipped.
 */
export class Counter {
  readonly #name: string
  readonly #writes: WriteQueue
  #next: number
  #limit: number

  constructor(name: string, writes: WriteQueue, limit: number) {
    this.#name = name
    this.#writes = writes
    this.#next = limit
    this.#limit = limit
  }

  next(): bigint {
    if (this.#next === this.#limit) {
      this.#limit += BLOCK
      const row: CounterRow = { limit: this.#limit }
      // A refusal also refuses the write that needs the number, which reports it.
      this.#writes
        .enqueue((batch) => {
          batch.put(counterKey(this.#name), encodeRow(row))
        })
        .catch(() => undefined)
    }
    return BigInt(this.#next++)
  }
}
