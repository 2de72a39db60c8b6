import type { Entry, Held } from './entry.ts'

/** Takes back one write of an entry. */
export interface Undoable {
  undo(entry: Entry<unknown>, value: Held<unknown>, layers: number): void
}

/** Slots kept for reuse; a record with more writes gives the rest back. */
const SLOTS_KEPT = 256

/**
 * What a record's writes replaced, so that the record can be taken back.
 *
 * U1. Outside a record's scope it is empty.
 * U2. Writes are undone newest first, so each finds what it left.
 *
 * Four parallel arrays whose slots are reused: a write costs four stores and no allocation.
 */
export class UndoJournal {
  readonly #owners: Undoable[] = []
  readonly #entries: Entry<unknown>[] = []
  readonly #values: Held<unknown>[] = []
  readonly #layers: number[] = []
  #size = 0

  /** Notes an entry as it is before a write. */
  note(owner: Undoable, entry: Entry<unknown>): void {
    const at = this.#size++
    this.#owners[at] = owner
    this.#entries[at] = entry
    this.#values[at] = entry.value
    this.#layers[at] = entry.layers
  }

  /** Keeps the writes. */
  clear(): void {
    if (this.#size > SLOTS_KEPT) {
      for (const array of [this.#owners, this.#entries, this.#values, this.#layers]) {
        array.length = SLOTS_KEPT
      }
    }
    this.#size = 0
  }

  /** Takes the writes back. */
  rollback(): void {
    for (let at = this.#size - 1; at >= 0; at--) {
      this.#owners[at]!.undo(this.#entries[at]!, this.#values[at], this.#layers[at]!)
    }
    this.clear()
  }
}
