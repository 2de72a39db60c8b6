import type { ByteString } from '../bytes/byte-string.ts'
import type { Entry } from './entry.ts'
import { byteOrder } from './sorted-keys.ts'

export type GroupRow<V> = readonly [key: ByteString, value: V]

/**
 * Groups of a store: rows that belong together, read together and answered from memory.
 *
 * G1. A group is answered only if it was fetched in this batch; then every row of it, on disk or
 *     newer than the disk, is a member, and writes keep it so.
 * G2. Keys that became unclean are noted without being sorted into groups; that is done when the
 *     first group is fetched, for most stores never. A noted key that is clean again is harmless:
 *     the disk has it.
 */
export class StoreGroups<V> {
  readonly groupOf: (key: ByteString) => ByteString
  /** Asked for and not in memory. */
  readonly missing = new Set<ByteString>()
  readonly #fetched = new Map<ByteString, Members<V>>()
  #noted: ByteString[] = []
  readonly #uncleanKeys = new Map<ByteString, Set<ByteString>>()

  constructor(groupOf: (key: ByteString) => ByteString) {
    this.groupOf = groupOf
  }

  /** Rows in key order; undefined: not fetched in this batch. */
  rows(group: ByteString): readonly GroupRow<V>[] | undefined {
    return this.#fetched.get(group)?.rows()
  }

  isFetched(group: ByteString): boolean {
    return this.#fetched.has(group)
  }

  /** True if the key belongs to a fetched group: not in memory then means absent. */
  covers(key: ByteString): boolean {
    return this.#fetched.size > 0 && this.#fetched.has(this.groupOf(key))
  }

  /** Notes that a clean key was written. */
  becameUnclean(key: ByteString): void {
    this.#noted.push(key)
  }

  /** Keeps fetched groups right after a write, or its undoing. */
  changed(entry: Entry<V>): void {
    if (this.#fetched.size > 0) this.#fetched.get(this.groupOf(entry.key))?.add(entry)
  }

  /** Keys of a group that may be newer in memory than on disk now; the set is not changed later. */
  uncleanKeys(group: ByteString): Iterable<ByteString> {
    for (const key of this.#noted) {
      const of = this.groupOf(key)
      const keys = this.#uncleanKeys.get(of)
      if (keys === undefined) this.#uncleanKeys.set(of, new Set([key]))
      else keys.add(key)
    }
    this.#noted = []
    return this.#uncleanKeys.get(group) ?? []
  }

  /** Forgets the keys noted so far, for these instead: a checkpoint has made most clean. */
  resetUnclean(keys: Iterable<ByteString>): void {
    this.#uncleanKeys.clear()
    this.#noted = [...keys]
  }

  /** Begins a group's life with all its entries. */
  fetched(group: ByteString, entries: Iterable<Entry<V>>): void {
    const members = new Members<V>()
    for (const entry of entries) members.add(entry)
    this.#fetched.set(group, members)
    this.missing.delete(group)
  }

  endBatch(): void {
    this.#fetched.clear()
    this.missing.clear()
  }
}

/** The entries of a fetched group; absent ones are kept and not shown. */
class Members<V> {
  readonly #entries = new Map<ByteString, Entry<V>>()
  #rows: GroupRow<V>[] | null = null

  add(entry: Entry<V>): void {
    this.#entries.set(entry.key, entry)
    this.#rows = null
  }

  rows(): readonly GroupRow<V>[] {
    this.#rows ??= this.#sorted()
    return this.#rows
  }

  #sorted(): GroupRow<V>[] {
    const rows: GroupRow<V>[] = []
    for (const { key, value } of this.#entries.values()) {
      if (value !== undefined) rows.push([key, value as V])
    }
    return rows.sort(([a], [b]) => byteOrder(a, b))
  }
}
