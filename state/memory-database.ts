import type { ByteString } from '../bytes/byte-string.ts'
import { StateClosedError, StateWriteError } from './errors.ts'
import { MemoryDisk, type DiskOperation, type MemoryWrite } from './memory-disk.ts'
import {
  FIRST_KEY,
  type DatabaseBatch,
  type DatabaseReader,
  type DatabaseRow,
  type DatabaseSnapshot,
  type TaskDatabase,
} from './task-database.ts'

const PAGE_ROWS = 256

/**
 * A {@link TaskDatabase} in memory, for tests, simulations and the topology test driver.
 *
 * As strict as the real one: it answers in later turns, and copies a value when the batch is
 * written, so a buffer reused too early is stored as it is then (D4).
 */
export class MemoryDatabase implements TaskDatabase {
  readonly #disk: MemoryDisk
  readonly #reader: MemoryReader
  #closed: Promise<void> | null = null
  #commits: Promise<unknown> = Promise.resolve()
  readonly #calls = new Set<Promise<unknown>>()

  /** @throws {StateLockedError} the disk has an owner */
  constructor(disk: MemoryDisk = new MemoryDisk()) {
    disk.lock(this)
    this.#disk = disk
    this.#reader = new MemoryReader(this, disk, undefined)
  }

  getMany(keys: readonly ByteString[]): Promise<(Buffer | null)[]> {
    return this.#reader.getMany(keys)
  }

  range(
    gte: ByteString,
    lt: ByteString | undefined,
    options: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncIterable<readonly DatabaseRow[]> {
    return this.#reader.range(gte, lt, options)
  }

  batch(): DatabaseBatch {
    this.checkOpen()
    return new MemoryBatch(this)
  }

  snapshot(): DatabaseSnapshot {
    this.checkOpen()
    return new MemorySnapshot(this, this.#disk)
  }

  async flush(): Promise<void> {
    this.checkOpen()
    await this.#commits
    await this.perform('flush', () => this.#disk.flushed())
  }

  metrics(): Promise<Record<string, number>> {
    this.checkOpen()
    return Promise.resolve({ rows_estimated: this.#disk.rows.size })
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  /** @throws {StateClosedError} closed, or the disk crashed under it */
  checkOpen(): void {
    if (this.#closed !== null) throw new StateClosedError('the memory database is closed')
    this.#checkAlive()
  }

  /** Touches the disk once the simulation lets it; a crash meanwhile undoes the attempt. */
  perform<T>(operation: DiskOperation, action: () => T): Promise<T> {
    const call = this.#disk.beforeOperation(operation).then(() => {
      this.#checkAlive()
      return action()
    })
    this.#calls.add(call)
    const settled = () => this.#calls.delete(call)
    call.then(settled, settled)
    return call
  }

  /** Runs after the commits called before it (D5). */
  write(writes: readonly MemoryWrite[]): Promise<void> {
    const written = this.#commits.then(() => this.perform('write', () => this.#disk.apply(writes)))
    this.#commits = written.catch(() => undefined)
    return written.catch((error: unknown) => {
      if (error instanceof StateClosedError) throw error
      throw new StateWriteError(`cannot write the memory database: ${String(error)}`, {
        cause: error,
      })
    })
  }

  #checkAlive(): void {
    if (!this.#disk.isOwnedBy(this)) throw new StateClosedError('the memory disk has crashed')
  }

  async #close(): Promise<void> {
    await this.#commits
    await Promise.allSettled(this.#calls)
    if (this.#disk.isOwnedBy(this)) this.#disk.rows.releaseViews()
    this.#disk.unlock(this)
  }
}

/** Reads a disk as it is, or as it was at a view's moment. */
class MemoryReader implements DatabaseReader {
  protected readonly database: MemoryDatabase
  protected readonly disk: MemoryDisk
  readonly #sequence: number | undefined
  protected ended = false

  constructor(database: MemoryDatabase, disk: MemoryDisk, sequence: number | undefined) {
    this.database = database
    this.disk = disk
    this.#sequence = sequence
  }

  async getMany(keys: readonly ByteString[]): Promise<(Buffer | null)[]> {
    this.#checkOpen()
    return await this.database.perform('read', () =>
      keys.map((key) => this.disk.rows.get(key, this.#sequence)),
    )
  }

  async *range(
    gte: ByteString,
    lt: ByteString | undefined,
    options: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncGenerator<readonly DatabaseRow[]> {
    this.#checkOpen()
    const { reverse = false, limit = Infinity } = options
    const holder = {}
    try {
      const rows = await this.database.perform('read', () => {
        const sequence = this.#sequence ?? this.disk.rows.view(holder)
        return this.#rows(gte, lt, reverse, sequence)
      })
      // Rows are read page by page; a crash since then would show them those of a later owner.
      this.#checkOpen()
      let page: DatabaseRow[] = []
      let left = limit
      for (const row of rows) {
        if (left-- <= 0) break
        page.push(row)
        if (page.length < PAGE_ROWS) continue
        yield page
        this.#checkOpen()
        page = []
      }
      if (page.length > 0) yield page
    } finally {
      this.disk.rows.releaseView(holder)
    }
  }

  *#rows(
    gte: ByteString,
    lt: ByteString | undefined,
    reverse: boolean,
    sequence: number,
  ): Generator<DatabaseRow> {
    const keys = this.disk.rows.keys(gte < FIRST_KEY ? FIRST_KEY : gte, lt)
    if (reverse) keys.reverse()
    for (const key of keys) {
      const value = this.disk.rows.get(key, sequence)
      if (value !== null) yield [key, value]
    }
  }

  #checkOpen(): void {
    this.database.checkOpen()
    if (this.ended) throw new StateClosedError('the snapshot is closed')
  }
}

class MemorySnapshot extends MemoryReader implements DatabaseSnapshot {
  readonly #holder: object

  constructor(database: MemoryDatabase, disk: MemoryDisk) {
    const holder = {}
    super(database, disk, disk.rows.view(holder))
    this.#holder = holder
  }

  close(): Promise<void> {
    this.ended = true
    this.disk.rows.releaseView(this.#holder)
    return Promise.resolve()
  }
}

class MemoryBatch implements DatabaseBatch {
  readonly #database: MemoryDatabase
  #writes: MemoryWrite[] | null = []

  constructor(database: MemoryDatabase) {
    this.#database = database
  }

  get size(): number {
    return this.#writes?.length ?? 0
  }

  put(key: ByteString, value: Buffer): void {
    this.#open(key).push({ key, value })
  }

  delete(key: ByteString): void {
    this.#open(key).push({ key, value: null })
  }

  deleteRange(gte: ByteString, lt: ByteString): void {
    const writes = this.#open(gte)
    if (lt > gte) writes.push({ gte, lt })
  }

  async commit(): Promise<void> {
    this.#database.checkOpen()
    const writes = this.#open(FIRST_KEY)
    this.#writes = null
    await this.#database.write(writes)
  }

  discard(): void {
    this.#writes = null
  }

  #open(key: ByteString): MemoryWrite[] {
    if (this.#writes === null) throw new StateClosedError('the batch was committed or discarded')
    if (key < FIRST_KEY) throw new RangeError(`key ${JSON.stringify(key)} is below 0x01`)
    return this.#writes
  }
}
