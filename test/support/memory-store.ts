import { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteString } from '../../bytes/byte-string.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import type { KeyValueStore, StoreSpec } from '../../topology/store.ts'

/** A store in memory without misses; values go through the codec as they would to disk. */
export class MemoryStore<V> implements KeyValueStore<V> {
  readonly #spec: StoreSpec<V>
  readonly #rows = new Map<ByteString, Buffer>()
  readonly #groups = new Map<ByteString, Set<ByteString>>()
  /** Rows that groups have returned. */
  rowsListed = 0

  constructor(spec: StoreSpec<V>) {
    this.#spec = spec
  }

  get(key: ByteString): V | undefined {
    const bytes = this.#rows.get(key)
    return bytes && this.#spec.codec.decode(new ByteReader(bytes))
  }

  getAll(keys: readonly ByteString[]): (V | undefined)[] {
    return keys.map((key) => this.get(key))
  }

  put(key: ByteString, value: V): void {
    const into = new ByteWriter()
    this.#spec.codec.encode(value, into)
    this.#rows.set(key, into.copy())
    const group = this.#spec.groupOf?.(key)
    if (group === undefined) return
    const keys = this.#groups.get(group)
    if (keys === undefined) this.#groups.set(group, new Set([key]))
    else keys.add(key)
  }

  delete(key: ByteString): void {
    this.#rows.delete(key)
    const group = this.#spec.groupOf?.(key)
    if (group !== undefined) this.#groups.get(group)?.delete(key)
  }

  group(group: ByteString): [ByteString, V][] {
    const keys = [...(this.#groups.get(group) ?? [])].sort()
    this.rowsListed += keys.length
    return keys.map((key) => [key, this.get(key)!])
  }

  groupAll(groups: readonly ByteString[]): [ByteString, V][][] {
    return groups.map((group) => this.group(group))
  }

  entries(): [ByteString, V][] {
    return [...this.#rows.keys()].sort().map((key) => [key, this.get(key)!])
  }
}
