import { prefixEnd, type ByteString } from '../bytes/byte-string.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import type { TaskStores } from '../topology/execution.ts'
import type { KeyValueStore, Touch } from '../topology/store.ts'
import type { CacheBudget } from './cache-budget.ts'
import type { ChangelogPosition } from './changelog-position.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { UnknownStoreError } from './errors.ts'
import { seedKeyFilters } from './key-filter-seeding.ts'
import { LayeredStore, type EmitChange, type StoreContents } from './layered-store.ts'
import { fetchMissing } from './missing-reads.ts'
import { StateView } from './state-view.ts'
import { StoreLayout } from './store-layout.ts'
import type { TaskDatabase } from './task-database.ts'
import { UndoJournal } from './undo-journal.ts'

export type { ChangelogPosition } from './changelog-position.ts'

/** Looking at an entry takes some 20 ns: a batch's end stays well below 1 ms. */
const EVICTION_STEPS_PER_BATCH = 8192

export interface TaskStateOptions {
  /** Closed by `close`. */
  readonly database: TaskDatabase
  /** {@link StoreSpec}s; their value types may differ. */
  readonly stores: readonly StoreContents<unknown>[]
  /** For decoded values in memory. What is not on disk yet stays beyond it. */
  readonly cacheBudget: CacheBudget
}

/** One row of a changelog; null deletes. */
export interface ChangelogRow {
  readonly key: ByteString
  readonly value: Buffer | null
}

/**
 * The state of one task: its stores, in memory as layers and on disk as one database.
 *
 * T1. Stores are changed only inside a record's scope (`begin` … `commit` or `rollback`), and the
 *     scope is closed whenever anything else here is called.
 * T2. At most one commit is under way: `beginCommit`, then `commitSucceeded` or `commitFailed`.
 *     Meanwhile the next records may be processed.
 * T3. The disk holds committed data only, and beside it the positions it is true for.
 * T4. Checkpoints run one after another, beside everything else.
 */
export class TaskState implements TaskStores {
  readonly touch: Touch
  /** Committed state, for queries. */
  readonly view: StateView
  readonly #database: TaskDatabase
  readonly #layout: StoreLayout
  readonly #stores: ReadonlyMap<string, LayeredStore<unknown>>
  readonly #list: readonly LayeredStore<unknown>[]
  readonly #journal: UndoJournal
  readonly #cacheBudget: CacheBudget
  readonly #scratch = new ByteWriter()
  readonly #closing = new AbortController()
  #seeding: Promise<void> = Promise.resolve()
  #commitUnderWay = false
  /** Positions after the last commit, until a checkpoint has written them. */
  #committedPositions: ReadonlyMap<string, ChangelogPosition> | null = null
  /** The checkpoint under way, and the one that waits for it. */
  #checkpointing: Promise<void> | null = null
  #nextCheckpoint: Promise<void> | null = null

  private constructor(
    options: TaskStateOptions,
    layout: StoreLayout,
    stores: ReadonlyMap<string, LayeredStore<unknown>>,
    journal: UndoJournal,
  ) {
    this.#database = options.database
    this.#cacheBudget = options.cacheBudget
    this.#layout = layout
    this.#stores = stores
    this.#list = [...stores.values()]
    this.#journal = journal
    this.view = new StateView(options.database, stores)
    this.touch = {
      key: (store, key) => this.#store(store).touchKey(key),
      group: (store, group) => this.#store(store).touchGroup(group),
    }
  }

  /** @throws {StateCorruptedError} the layout or a position is damaged: wipe and restore */
  static async open(options: TaskStateOptions): Promise<TaskState> {
    const layout = await StoreLayout.open(
      options.database,
      options.stores.map(({ name }) => name),
    )
    const journal = new UndoJournal()
    const stores = new Map<string, LayeredStore<unknown>>()
    for (const spec of options.stores) {
      stores.set(spec.name, new LayeredStore(spec, layout.prefixOf(spec.name), journal))
    }
    const state = new TaskState(options, layout, stores, journal)
    state.#seeding = seedKeyFilters(options.database, state.#list, state.#closing.signal)
    return state
  }

  store<V>(name: string): KeyValueStore<V> {
    return this.#store(name) as LayeredStore<V>
  }

  /** Asked once a record. */
  get hasMissing(): boolean {
    for (const store of this.#list) if (store.hasMissing) return true
    return false
  }

  /**
   * @throws {StateCorruptedError} a block or a value is damaged: wipe and restore
   * @throws {StateReadError}
   */
  async fetchMissing(): Promise<void> {
    await fetchMissing(this.#database, this.#list)
  }

  begin(): void {
    this.#journal.clear()
  }

  commit(): void {
    this.#journal.clear()
  }

  rollback(): void {
    this.#journal.rollback()
  }

  endBatch(): void {
    for (const store of this.#list) store.endBatch()
    const bytes = this.cachedBytes
    this.#cacheBudget.holds(this, bytes)
    const excess = this.#cacheBudget.excessOf(this)
    for (const { cache } of this.#list) {
      if (excess <= 0) cache.rest()
      else cache.evict((excess * cache.bytes) / bytes, EVICTION_STEPS_PER_BATCH)
    }
    if (excess > 0) this.#cacheBudget.holds(this, this.cachedBytes)
  }

  /** True if a commit would carry or is carrying a change. */
  get hasUncommitted(): boolean {
    return this.#list.some(({ layers }) => layers.hasUncommitted)
  }

  /** Approximate bytes that a checkpoint would write now. */
  get uncheckpointedBytes(): number {
    return this.#list.reduce((sum, { layers }) => sum + layers.committedBytes, 0)
  }

  /** Approximate bytes of decoded values in memory. */
  get cachedBytes(): number {
    return this.#list.reduce((sum, { cache }) => sum + cache.bytes, 0)
  }

  /** Reads by processors since it was opened. */
  get reads(): number {
    return this.#list.reduce((sum, { reads }) => sum + reads, 0)
  }

  /** Keys and groups read from disk since it was opened: what memory did not have. */
  get diskReads(): number {
    return this.#list.reduce((sum, { diskReads }) => sum + diskReads, 0)
  }

  /**
   * Open → committing. Emits each key written since the last call once, store by store, in the
   * order of first writes; the value is valid until the next emit, null deletes. A key that was
   * absent before and is absent again is not emitted.
   * @returns keys emitted
   * @throws what a codec or `emit` throws: call `commitFailed`
   */
  beginCommit(emit: EmitChange): number {
    if (this.#commitUnderWay) throw new Error('a commit is under way')
    this.#commitUnderWay = true
    let count = 0
    for (const store of this.#list) count += store.emitOpen(this.#scratch, emit)
    for (const { layers } of this.#list) layers.beginCommit()
    return count
  }

  /**
   * Committing → committed: visible to queries, and to be checkpointed.
   * @param positions of the changelogs of all stores after this commit
   */
  commitSucceeded(positions: ReadonlyMap<string, ChangelogPosition>): void {
    if (!this.#commitUnderWay) throw new Error('no commit is under way')
    this.#commitUnderWay = false
    for (const { layers } of this.#list) layers.commitSucceeded()
    this.#committedPositions = new Map(positions)
  }

  /** Drops everything written since the last commit that succeeded. */
  commitFailed(): void {
    this.#journal.rollback()
    this.#commitUnderWay = false
    for (const store of this.#list) {
      store.endBatch()
      store.layers.commitFailed()
    }
  }

  /**
   * Committed → disk, with the positions, in one batch: all that is committed now. What is
   * committed meanwhile belongs to the next checkpoint, which a call meanwhile asks for.
   * @throws {StateWriteError} the layer stays as it was; may be called again
   */
  checkpoint(): Promise<void> {
    if (this.#checkpointing === null) return this.#startCheckpoint()
    this.#nextCheckpoint ??= this.#checkpointsEnded().then(() => {
      this.#nextCheckpoint = null
      return this.checkpoint()
    })
    return this.#nextCheckpoint
  }

  /** Positions of the stores as they are on disk. */
  positions(): ReadonlyMap<string, ChangelogPosition> {
    return this.#layout.positions
  }

  /**
   * Applies rows of a changelog straight to the disk, with the position after them, in one batch.
   * Only before processing starts.
   */
  async restore(
    name: string,
    rows: readonly ChangelogRow[],
    position: ChangelogPosition,
  ): Promise<void> {
    const store = this.#store(name)
    if (store.cache.size > 0) {
      if (store.cache.cleanCount < store.cache.size) throw new Error('restore after processing')
      store.clear()
    }
    const batch = this.#database.batch()
    for (const { key, value } of rows) {
      if (value === null) batch.delete(store.prefix + key)
      else {
        store.diskKeys.add(key)
        batch.put(store.prefix + key, value)
      }
    }
    this.#layout.putPosition(batch, name, position)
    await batch.commit()
    this.#layout.positionsWritten([[name, position]])
  }

  /** Removes data and positions of one store or all, from memory and disk. */
  async wipe(name?: string): Promise<void> {
    await this.#seeding
    await this.#checkpointsEnded()
    const stores = name === undefined ? this.#list : [this.#store(name)]
    this.commitFailed()
    const positions = new Map(this.#committedPositions)
    const batch = this.#database.batch()
    for (const store of stores) {
      store.clear()
      positions.delete(store.name)
      batch.deleteRange(store.prefix, prefixEnd(store.prefix)!)
      this.#layout.deletePosition(batch, store.name)
    }
    this.#committedPositions = positions.size === 0 ? null : positions
    await batch.commit()
    for (const store of stores) {
      this.#layout.positionDeleted(store.name)
      store.diskKeys.clear()
    }
  }

  /** Makes all checkpoints so far survive power loss. */
  async flush(): Promise<void> {
    await this.#checkpointsEnded()
    await this.#database.flush()
  }

  /** Ends a checkpoint under way and closes the database; what is not checkpointed is dropped. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#seeding
    await this.#checkpointsEnded()
    this.#cacheBudget.leave(this)
    await this.#database.close()
  }

  #startCheckpoint(): Promise<void> {
    const written = this.#checkpoint().finally(() => (this.#checkpointing = null))
    this.#checkpointing = written
    return written
  }

  /** However they ended: their callers were told. */
  async #checkpointsEnded(): Promise<void> {
    while (this.#checkpointing !== null) await this.#checkpointing.catch(() => undefined)
  }

  async #checkpoint(): Promise<void> {
    const positions = this.#committedPositions
    if (positions === null) return
    this.#committedPositions = null
    try {
      await writeCheckpoint(this.#database, this.#list, this.#layout, positions)
    } catch (error) {
      this.#committedPositions ??= positions
      throw error
    }
  }

  #store(name: string): LayeredStore<unknown> {
    const store = this.#stores.get(name)
    if (store === undefined) throw new UnknownStoreError(`there is no store ${name} in this task`)
    return store
  }
}
