import { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteString } from '../bytes/byte-string.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'
import type { Codec } from '../bytes/codec.ts'
import { storeMiss, type KeyValueStore, type StoreSpec } from '../topology/store.ts'
import { DiskKeys } from './disk-keys.ts'
import { EntryCache } from './entry-cache.ts'
import { Entry, ON_DISK, OPEN, type Held } from './entry.ts'
import { StateCorruptedError } from './errors.ts'
import { Layers } from './layers.ts'
import { StoreGroups, type GroupRow } from './store-groups.ts'
import type { Undoable, UndoJournal } from './undo-journal.ts'

/** What state needs to know of a store: value types of any kind fit `StoreContents<unknown>`. */
export type StoreContents<V> = Pick<StoreSpec<V>, 'name' | 'codec' | 'groupOf'>

/** Receives one changed row; the buffer is valid until the next call, null deletes. */
export type EmitChange = (store: string, key: ByteString, value: Buffer | null) => void

/**
 * A store as its processor sees it: answered from memory, written to the open layer.
 *
 * The hot path is one Map look-up for a read and one for a write; a first write of a key in a
 * layer adds a list push. What memory does not hold is noted as missing and thrown as a miss.
 */
export class LayeredStore<V> implements KeyValueStore<V>, Undoable {
  readonly name: string
  /** What the store's keys begin with on disk. */
  readonly prefix: ByteString
  readonly codec: Codec<V>
  readonly layers: Layers<V>
  readonly cache = new EntryCache<V>()
  readonly groups: StoreGroups<V> | null
  readonly missingKeys = new Set<ByteString>()
  /** Which keys the disk may hold. */
  readonly diskKeys: DiskKeys
  /** Reads of keys and groups by processors. */
  reads = 0
  /** Keys and groups that had to be read from disk. */
  diskReads = 0
  readonly #journal: UndoJournal

  constructor(spec: StoreContents<V>, prefix: ByteString, journal: UndoJournal) {
    this.name = spec.name
    this.codec = spec.codec
    this.prefix = prefix
    this.diskKeys = new DiskKeys(spec.groupOf)
    this.layers = new Layers(this.cache)
    this.groups = spec.groupOf === undefined ? null : new StoreGroups(spec.groupOf)
    this.#journal = journal
  }

  get(key: ByteString): V | undefined {
    this.reads++
    const value = this.touchKey(key)
    if (value === null) throw storeMiss
    return value
  }

  getAll(keys: readonly ByteString[]): (V | undefined)[] {
    this.reads += keys.length
    const values: (V | undefined)[] = []
    let misses = false
    for (const key of keys) {
      const value = this.touchKey(key)
      // All are noted as missing, not only the first.
      if (value === null) misses = true
      else values.push(value)
    }
    if (misses) throw storeMiss
    return values
  }

  put(key: ByteString, value: V): void {
    this.#write(key, value)
  }

  delete(key: ByteString): void {
    this.#write(key, undefined)
  }

  group(group: ByteString): readonly GroupRow<V>[] {
    this.touchGroup(group)
    this.reads++
    const rows = this.groups!.rows(group)
    if (rows === undefined) throw storeMiss
    return rows
  }

  groupAll(groups: readonly ByteString[]): (readonly GroupRow<V>[])[] {
    // As in `getAll`.
    for (const group of groups) this.touchGroup(group)
    return groups.map((group) => this.group(group))
  }

  /** @returns as `Touch.key` */
  touchKey(key: ByteString): V | null | undefined {
    const entry = this.cache.get(key)
    if (entry !== undefined) {
      entry.referenced = true
      return entry.value as V | undefined
    }
    if (this.groups?.covers(key) === true) return undefined
    if (!this.diskKeys.mayHold(key)) {
      this.cache.add(new Entry<V>(key, undefined, 0))
      return undefined
    }
    this.missingKeys.add(key)
    return null
  }

  touchGroup(group: ByteString): void {
    if (this.groups === null) throw new TypeError(`store ${this.name} has no groupOf`)
    if (this.groups.isFetched(group)) return
    if (this.diskKeys.mayHoldGroup(group)) this.groups.missing.add(group)
    else this.#gather(this.groups, group)
  }

  get hasMissing(): boolean {
    return this.missingKeys.size > 0 || (this.groups !== null && this.groups.missing.size > 0)
  }

  undo(entry: Entry<V>, value: Held<V>, layers: number): void {
    entry.value = value
    if ((layers & OPEN) === 0) this.layers.undoEnterOpen(entry)
    if (value === ON_DISK) this.cache.remove(entry)
    else this.groups?.changed(entry)
  }

  /**
   * Takes what the disk holds under a key (null: nothing) into memory, unless memory has the key.
   * @throws {StateCorruptedError}
   */
  arrive(key: ByteString, bytes: Buffer | null): void {
    if (this.cache.get(key) !== undefined) return
    const value = bytes === null ? undefined : this.decode(key, bytes)
    this.cache.add(new Entry<V>(key, value, bytes?.length ?? 0))
  }

  /** Emits every open write; see {@link TaskState.beginCommit}. */
  emitOpen(scratch: ByteWriter, emit: EmitChange): number {
    let count = 0
    for (const entry of this.layers.open) {
      const { key, value } = entry
      if (value === undefined) {
        if (entry.committed === undefined) continue
        emit(this.name, key, null)
      } else {
        scratch.reset()
        this.codec.encode(value as V, scratch)
        const bytes = scratch.view()
        this.cache.resize(entry, bytes.length)
        emit(this.name, key, bytes)
      }
      count++
    }
    return count
  }

  /** @throws {StateCorruptedError} the bytes are not what the codec wrote */
  decode(key: ByteString, bytes: Buffer): V {
    try {
      return this.codec.decode(new ByteReader(bytes))
    } catch (error) {
      throw new StateCorruptedError(
        `store ${this.name}: the value under ${JSON.stringify(key)} cannot be decoded`,
        { cause: error },
      )
    }
  }

  /** Ends what lives for one batch. */
  endBatch(): void {
    this.missingKeys.clear()
    this.groups?.endBatch()
  }

  checkpointSucceeded(): void {
    this.layers.checkpointSucceeded()
    this.groups?.resetUnclean(this.layers.uncleanKeys())
  }

  /** Forgets everything in memory. */
  clear(): void {
    this.endBatch()
    this.layers.clear()
    this.cache.clear()
    this.groups?.resetUnclean([])
  }

  /** Takes in a group of which the disk has no rows: all of them are newer than the disk. */
  #gather(groups: StoreGroups<V>, group: ByteString): void {
    const entries: Entry<V>[] = []
    for (const key of groups.uncleanKeys(group)) {
      const entry = this.cache.get(key)
      if (entry !== undefined) entries.push(entry)
    }
    groups.fetched(group, entries)
  }

  #write(key: ByteString, value: V | undefined): void {
    const known = this.cache.get(key)
    const entry = known ?? this.#enter(key)
    this.#journal.note(this, entry)
    if ((entry.layers & OPEN) === 0) {
      if (entry.layers === 0) this.groups?.becameUnclean(key)
      this.layers.enterOpen(entry)
    }
    entry.value = value
    // What is written once and never read must not push out what is.
    entry.referenced = known !== undefined
    this.groups?.changed(entry)
  }

  #enter(key: ByteString): Entry<V> {
    const absent = this.groups?.covers(key) === true || !this.diskKeys.mayHold(key)
    const entry = new Entry<V>(key, absent ? undefined : ON_DISK, 0)
    this.cache.add(entry)
    return entry
  }
}
