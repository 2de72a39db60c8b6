import type { ByteString } from '../bytes/byte-string.ts'
import type { Codec } from '../bytes/codec.ts'

/**
 * What a processor sees of its store: synchronous, answered from memory.
 *
 * S1. A key that is not in memory is a miss: the call throws {@link storeMiss}, the record's
 *     effects are undone, the key is fetched and the record runs again. Never catch it.
 * S2. Values are immutable: to change one, put a new one. Undo and abort rely on it.
 * S3. A store belongs to one processor.
 */
export interface KeyValueStore<V> {
  get(key: ByteString): V | undefined
  /** As `get` of each, but what is not in memory is one miss together, not one a key. */
  getAll(keys: readonly ByteString[]): readonly (V | undefined)[]
  put(key: ByteString, value: V): void
  delete(key: ByteString): void
  /** All rows of a group (see {@link StoreSpec.groupOf}) in key order. */
  group(group: ByteString): readonly (readonly [ByteString, V])[]
  /** As `group` of each, but what is not in memory is one miss together, not one a group. */
  groupAll(groups: readonly ByteString[]): readonly (readonly (readonly [ByteString, V])[])[]
}

/** Names keys or groups that a source record will probably touch; only speed depends on it. */
export interface Touch {
  /**
   * @returns the row, so that what it names can be touched too; undefined: there is none; null:
   *   memory does not have it
   */
  key(store: string, key: ByteString): unknown
  group(store: string, group: ByteString): void
}

export interface StoreSpec<V> {
  /** Named by hand: the changelog topic is `<application>-<name>-changelog`. */
  readonly name: string
  readonly codec: Codec<V>
  /** The group a key belongs to, a prefix of it; required by {@link KeyValueStore.group}. */
  readonly groupOf?: (key: ByteString) => ByteString
  /**
   * A row of the store as JSON for the query API. A method, so that specs of different value types
   * fit into one list. @default the value itself
   */
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- says that it may be taken off
  toJson?(this: void, key: ByteString, value: V): unknown
}

/**
 * Thrown by a store read that memory cannot answer: control flow of the executor, not a failure.
 * One instance is thrown always, so that a miss costs no stack trace.
 */
export class StoreMiss extends Error {
  override name = 'StoreMiss'
}

export const storeMiss = new StoreMiss('the key is not in memory; the record runs again')
