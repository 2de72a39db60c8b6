import type { ByteString } from '../bytes/byte-string.ts'
import type { TaskStores } from '../topology/execution.ts'
import { storeMiss, type KeyValueStore, type Touch } from '../topology/store.ts'

/** True: the read misses although memory may have the answer. */
export type MissChoice = () => boolean

/**
 * Stores whose reads miss more often than memory makes them, to show that results do not depend
 * on what is in memory.
 *
 * F1. A read that was refused is granted once it was fetched, until its record is done: so every
 *     record ends after as many runs as it reads keys.
 */
export class ForcedMisses implements TaskStores {
  readonly #stores: TaskStores
  readonly #misses: MissChoice
  readonly #refused = new Set<string>()
  readonly #granted = new Set<string>()

  constructor(stores: TaskStores, misses: MissChoice) {
    this.#stores = stores
    this.#misses = misses
  }

  get touch(): Touch {
    return this.#stores.touch
  }

  get hasMissing(): boolean {
    return this.#refused.size > 0 || this.#stores.hasMissing
  }

  store<V>(name: string): KeyValueStore<V> {
    const store = this.#stores.store<V>(name)
    return {
      get: (key) => {
        this.#ask(`key ${name} ${key}`)
        return store.get(key)
      },
      getAll: (keys) => {
        this.#ask(`keys ${name} ${keys.join(' ')}`)
        return store.getAll(keys)
      },
      group: (group) => {
        this.#ask(`group ${name} ${group}`)
        return store.group(group)
      },
      groupAll: (groups) => {
        this.#ask(`groups ${name} ${groups.join(' ')}`)
        return store.groupAll(groups)
      },
      put: (key, value) => store.put(key, value),
      delete: (key) => store.delete(key),
    }
  }

  async fetchMissing(): Promise<void> {
    for (const read of this.#refused) this.#granted.add(read)
    this.#refused.clear()
    await this.#stores.fetchMissing()
  }

  begin(): void {
    this.#stores.begin()
  }

  commit(): void {
    this.#granted.clear()
    this.#stores.commit()
  }

  rollback(): void {
    this.#stores.rollback()
  }

  endBatch(): void {
    this.#stores.endBatch()
  }

  /** @throws storeMiss when the read is refused */
  #ask(read: ByteString): void {
    if (this.#granted.has(read)) return
    if (!this.#misses()) {
      // The same answer for the rest of the record: a choice is made once a read.
      this.#granted.add(read)
      return
    }
    this.#refused.add(read)
    throw storeMiss
  }
}

/** A choice that is the same for the same seed. */
export function seededChoice(seed: number, probability: number): MissChoice {
  let state = seed >>> 0
  return () => {
    // Mulberry32: enough for choices, and small.
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000 < probability
  }
}
