import type { ByteString } from '../bytes/byte-string.ts'

/** Stands for a value that memory does not know: the disk has it, or has none. */
export const ON_DISK: unique symbol = Symbol('on disk')

/** A value in memory; undefined: known to be absent. */
export type Held<V> = V | undefined | typeof ON_DISK

/** Bits of {@link Entry.layers}; see layers.ts. */
export const OPEN = 1
export const COMMITTING = 2
export const COMMITTED = 4
export const CHECKPOINTING = 8

/**
 * Rough cost in memory of an entry, its map slot and its decoded value beyond its bytes. Measured: 135
 * without a value, 320 with one of a few fields, 600 to 1,100 with lists of texts.
 */
const ENTRY_OVERHEAD_BYTES = 320

/** One key of a store in memory, in whichever layers it is. */
export class Entry<V> {
  readonly key: ByteString
  /** What processors see: the newest write. Never ON_DISK while the entry is in its cache. */
  value: Held<V>
  /** What the commit under way has sent, while a later write hides it (OPEN and COMMITTING). */
  committing: V | undefined = undefined
  /** What queries see. ON_DISK: written without having been read. */
  committed: Held<V>
  /** The layers that hold a write of this key; 0: clean, as on disk. */
  layers = 0
  /** Approximate size in memory. */
  bytes: number
  /** Used since the eviction hand passed last. */
  referenced = true

  constructor(key: ByteString, held: Held<V>, encodedLength: number) {
    this.key = key
    this.value = held
    this.committed = held
    this.bytes = entryBytes(key, encodedLength)
  }
}

export function entryBytes(key: ByteString, encodedLength: number): number {
  return key.length + encodedLength + ENTRY_OVERHEAD_BYTES
}
