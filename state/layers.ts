import type { ByteString } from '../bytes/byte-string.ts'
import type { EntryCache } from './entry-cache.ts'
import { CHECKPOINTING, COMMITTED, COMMITTING, ON_DISK, OPEN, type Entry } from './entry.ts'

/**
 * The layers of a store: which of its writes are how far on their way to the disk.
 *
 * ```
 *  write        beginCommit      commitSucceeded     checkpoint         batch written
 *  ────▶ open ──────▶ committing ──────▶ committed ──────▶ checkpointing ──────▶ disk
 *         │                │                 ▲                   │
 *         ▼                ▼                 └───────────────────┘
 *     rollback        commitFailed              batch failed
 *     commitFailed
 * ```
 *
 * A layer is a list of entries and a bit in each of them; an entry may be in several layers at
 * once, each with a value of its own:
 *
 * | bits of the entry                | value    | committing | committed                  |
 * |----------------------------------|----------|------------|----------------------------|
 * | none (clean)                     | the disk's              | = value                    |
 * | OPEN                             | open     | –          | last committed, or ON_DISK |
 * | COMMITTING                       | sent     | –          | last committed, or ON_DISK |
 * | OPEN, COMMITTING                 | open     | sent       | last committed, or ON_DISK |
 * | COMMITTED and/or CHECKPOINTING   | = committed           | newer than the disk's      |
 * | the latter with OPEN, COMMITTING | as above | as above   | newer than the disk's      |
 *
 * L1. An entry is in a layer's list, once, exactly if it has the layer's bit.
 * L2. Without OPEN and COMMITTING, value is committed.
 * L3. COMMITTED or CHECKPOINTING implies that committed is known (not ON_DISK).
 * L4. The value a checkpoint writes is the one of its beginning: it is taken out of the entries at
 *     once, so a commit that arrives while the batch is being filled belongs to the next one.
 * L5. Committed values and those below are never taken back; open and committing ones are, whole.
 */
export class Layers<V> {
  readonly #cache: EntryCache<V>
  #open: Entry<V>[] = []
  #committing: Entry<V>[] = []
  #committed: Entry<V>[] = []
  #checkpointing: Entry<V>[] = []
  /** Approximate bytes a checkpoint would write now. */
  committedBytes = 0

  constructor(cache: EntryCache<V>) {
    this.#cache = cache
  }

  get open(): readonly Entry<V>[] {
    return this.#open
  }

  get hasUncommitted(): boolean {
    return this.#open.length > 0 || this.#committing.length > 0
  }

  /** Entries whose committed value the disk does not have. */
  *uncheckpointed(): Generator<Entry<V>> {
    for (const entry of this.#checkpointing) {
      // One that was committed again meanwhile is in both lists.
      if ((entry.layers & COMMITTED) === 0) yield entry
    }
    yield* this.#committed
  }

  /** Keys of entries in any layer, doubles possible. */
  *uncleanKeys(): Generator<ByteString> {
    for (const list of [this.#checkpointing, this.#committed, this.#committing, this.#open]) {
      for (const entry of list) yield entry.key
    }
  }

  /** Puts an entry into the open layer, before its value changes; it must not be in it. */
  enterOpen(entry: Entry<V>): void {
    const { layers } = entry
    if (layers === 0) this.#cache.cleanCount--
    else if ((layers & COMMITTING) !== 0) entry.committing = entry.value as V | undefined
    entry.layers = layers | OPEN
    this.#open.push(entry)
  }

  /** Takes the newest entry out of the open layer, which `enterOpen` put there. */
  undoEnterOpen(entry: Entry<V>): void {
    this.#open.pop()
    entry.committing = undefined
    this.#leave(entry, OPEN)
  }

  /** Open → committing. What neither was there nor is there now has nothing to commit. */
  beginCommit(): void {
    const committing: Entry<V>[] = []
    for (const entry of this.#open) {
      if (entry.value === undefined && entry.committed === undefined) {
        this.#leave(entry, OPEN)
        continue
      }
      entry.layers ^= OPEN | COMMITTING
      committing.push(entry)
    }
    this.#committing = committing
    this.#open = []
  }

  /** Committing → committed. */
  commitSucceeded(): void {
    for (const entry of this.#committing) {
      const { layers } = entry
      entry.committed = (layers & OPEN) === 0 ? entry.value : entry.committing
      entry.committing = undefined
      entry.layers = layers & ~COMMITTING
      this.#enterCommitted(entry)
    }
    this.#committing = []
  }

  /** Drops the open and the committing layer. */
  commitFailed(): void {
    for (const list of [this.#open, this.#committing]) {
      for (const entry of list) {
        if ((entry.layers & (OPEN | COMMITTING)) === 0) continue
        entry.value = entry.committed
        entry.committing = undefined
        this.#leave(entry, OPEN | COMMITTING)
        if (entry.value === ON_DISK) this.#cache.remove(entry)
      }
    }
    this.#open = []
    this.#committing = []
  }

  /** Committed → checkpointing. */
  beginCheckpoint(): CheckpointLayer<V> {
    const entries = this.#committed
    const values: (V | undefined)[] = []
    for (const entry of entries) {
      entry.layers ^= COMMITTED | CHECKPOINTING
      values.push(entry.committed as V | undefined)
    }
    this.#checkpointing = entries
    this.#committed = []
    this.committedBytes = 0
    return { entries, values }
  }

  /** Checkpointing → disk. */
  checkpointSucceeded(): void {
    for (const entry of this.#checkpointing) this.#leave(entry, CHECKPOINTING)
    this.#checkpointing = []
  }

  /** Checkpointing → committed: the next checkpoint takes them again. */
  checkpointFailed(): void {
    for (const entry of this.#checkpointing) {
      entry.layers &= ~CHECKPOINTING
      this.#enterCommitted(entry)
    }
    this.#checkpointing = []
  }

  /** Forgets everything; the cache is cleared with it. */
  clear(): void {
    this.#open = []
    this.#committing = []
    this.#committed = []
    this.#checkpointing = []
    this.committedBytes = 0
  }

  #enterCommitted(entry: Entry<V>): void {
    if ((entry.layers & COMMITTED) !== 0) return
    entry.layers |= COMMITTED
    this.#committed.push(entry)
    this.committedBytes += entry.bytes
  }

  #leave(entry: Entry<V>, layers: number): void {
    entry.layers &= ~layers
    if (entry.layers === 0) this.#cache.cleanCount++
  }
}

/** What a checkpoint writes: entries and, beside them, their values at its beginning (L4). */
export interface CheckpointLayer<V> {
  readonly entries: readonly Entry<V>[]
  readonly values: readonly (V | undefined)[]
}
