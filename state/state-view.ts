import { prefixEnd, type ByteString } from '../bytes/byte-string.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { ON_DISK } from './entry.ts'
import { UnknownStoreError } from './errors.ts'
import type { LayeredStore } from './layered-store.ts'
import { byteOrder } from './sorted-keys.ts'
import type { TaskDatabase } from './task-database.ts'

export interface ViewScan {
  readonly prefix: ByteString
  /** Exclusive start, for paging. */
  readonly after?: ByteString
  /** Rows at most. */
  readonly limit: number
}

/**
 * Committed state, for queries: what is committed in memory over what is on disk.
 *
 * V1. Never shows a value that may still be aborted.
 * V2. A scan shows one moment, however many commits and checkpoints happen while it reads: the
 *     committed values in memory and the snapshot of the disk are taken in one turn. A row that a
 *     checkpoint is just writing is in memory, so it does not matter on which side of the snapshot
 *     its batch lies.
 */
export class StateView {
  readonly #database: TaskDatabase
  readonly #stores: ReadonlyMap<string, LayeredStore<unknown>>

  constructor(database: TaskDatabase, stores: ReadonlyMap<string, LayeredStore<unknown>>) {
    this.#database = database
    this.#stores = stores
  }

  /**
   * @throws {UnknownStoreError}
   * @throws {StateCorruptedError}
   */
  async get<V>(name: string, key: ByteString): Promise<V | undefined> {
    return this.#get(decodedForm(this.#store<V>(name)), key)
  }

  /**
   * As `get`, the value encoded by the store's codec. The disk's bytes are passed on unread.
   * @throws {UnknownStoreError}
   */
  async getEncoded(name: string, key: ByteString): Promise<Buffer | undefined> {
    return this.#get(encodedForm(this.#store(name)), key)
  }

  /**
   * Rows in key order.
   * @throws {UnknownStoreError}
   * @throws {StateCorruptedError}
   */
  async scan<V>(name: string, scan: ViewScan): Promise<[ByteString, V][]> {
    return this.#scan(decodedForm(this.#store<V>(name)), scan)
  }

  /** As `scan`, values as {@link getEncoded}. */
  async scanEncoded(name: string, scan: ViewScan): Promise<[ByteString, Buffer][]> {
    return this.#scan(encodedForm(this.#store(name)), scan)
  }

  async #get<V, R>(form: Form<V, R>, key: ByteString): Promise<R | undefined> {
    const { store } = form
    const known = store.cache.get(key)
    if (known !== undefined && known.committed !== ON_DISK) {
      return known.committed === undefined ? undefined : form.fromMemory(known.committed)
    }
    const [bytes = null] = await this.#database.getMany([store.prefix + key])
    return bytes === null ? undefined : form.fromDisk(key, bytes)
  }

  async #scan<V, R>(form: Form<V, R>, scan: ViewScan): Promise<[ByteString, R][]> {
    const { store } = form
    // A key directly after `after` has one more byte, the least one.
    const from = scan.after === undefined ? scan.prefix : `${scan.after}\u0000`
    const gte = from < scan.prefix ? scan.prefix : from
    const newer = newerRows(store, scan.prefix, gte)
    const snapshot = this.#database.snapshot()
    try {
      const start = store.prefix + gte
      const end = prefixEnd(store.prefix + scan.prefix)
      const limit = scan.limit + newer.length
      const merge = new NewerOverDisk(newer, scan.limit, form.fromMemory)
      for await (const page of snapshot.range(start, end, { limit })) {
        for (const [diskKey, bytes] of page) {
          const key = diskKey.slice(store.prefix.length)
          merge.disk(key, () => form.fromDisk(key, bytes))
        }
        if (merge.isFull) break
      }
      return merge.finish()
    } finally {
      await snapshot.close()
    }
  }

  #store<V>(name: string): LayeredStore<V> {
    const store = this.#stores.get(name)
    if (store === undefined) throw new UnknownStoreError(`there is no store ${name} in this task`)
    return store as LayeredStore<V>
  }
}

/** What a reader gets of a store's values: the values, or their bytes. */
interface Form<V, R> {
  readonly store: LayeredStore<V>
  readonly fromMemory: (value: V) => R
  /** @throws {StateCorruptedError} */
  readonly fromDisk: (key: ByteString, bytes: Buffer) => R
}

function decodedForm<V>(store: LayeredStore<V>): Form<V, V> {
  return {
    store,
    fromMemory: (value) => value,
    fromDisk: (key, bytes) => store.decode(key, bytes),
  }
}

function encodedForm(store: LayeredStore<unknown>): Form<unknown, Buffer> {
  return {
    store,
    fromMemory: (value) => {
      const writer = new ByteWriter()
      store.codec.encode(value, writer)
      return writer.copy()
    },
    fromDisk: (_key, bytes) => bytes,
  }
}

type NewerRow<V> = readonly [key: ByteString, value: V | undefined]

function newerRows<V>(
  store: LayeredStore<V>,
  prefix: ByteString,
  gte: ByteString,
): readonly NewerRow<V>[] {
  const rows: NewerRow<V>[] = []
  for (const { key, committed } of store.layers.uncheckpointed()) {
    if (key >= gte && key.startsWith(prefix)) rows.push([key, committed as V | undefined])
  }
  return rows.sort(([a], [b]) => byteOrder(a, b))
}

/** Merges two ordered lists; where both have a key, the newer value counts. */
class NewerOverDisk<V, R> {
  readonly #newer: readonly NewerRow<V>[]
  readonly #limit: number
  readonly #fromMemory: (value: V) => R
  readonly #rows: [ByteString, R][] = []
  #at = 0

  constructor(newer: readonly NewerRow<V>[], limit: number, fromMemory: (value: V) => R) {
    this.#newer = newer
    this.#limit = limit
    this.#fromMemory = fromMemory
  }

  get isFull(): boolean {
    return this.#rows.length >= this.#limit
  }

  disk(key: ByteString, fromDisk: () => R): void {
    this.#takeNewer((newer) => newer < key)
    if (this.isFull) return
    if (this.#newer[this.#at]?.[0] === key) this.#takeNewer((newer) => newer === key)
    else this.#rows.push([key, fromDisk()])
  }

  finish(): [ByteString, R][] {
    this.#takeNewer(() => true)
    return this.#rows
  }

  #takeNewer(while_: (key: ByteString) => boolean): void {
    for (; this.#at < this.#newer.length && !this.isFull; this.#at++) {
      const [key, value] = this.#newer[this.#at]!
      if (!while_(key)) return
      if (value !== undefined) this.#rows.push([key, this.#fromMemory(value)])
    }
  }
}
