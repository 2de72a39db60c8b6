import RocksDB, { type RangeIterator, type WriteBatch } from 'rocksdb-native'
import type { ByteString } from '../bytes/byte-string.ts'
import {
  checkFormat,
  encodeFormat,
  FORMAT_KEY,
  prepareDirectory,
  TASK_STATE_FORMAT,
  type DatabaseFormat,
} from './database-format.ts'
import { StateClosedError } from './errors.ts'
import { databaseFailure } from './rocksdb-failure.ts'
import {
  FIRST_KEY,
  type DatabaseBatch,
  type DatabaseReader,
  type DatabaseRow,
  type DatabaseSnapshot,
  type TaskDatabase,
} from './task-database.ts'

/**
 * A {@link TaskDatabase} on RocksDB; the only file that knows the binding.
 *
 * What the binding makes necessary:
 * R1. Its `close` waits for ever for one open batch, iterator or snapshot. So those are registered,
 *     and `close` frees them first.
 * R2. Writes run on a thread pool and may overtake each other. So commits are chained (D5).
 * R3. The write-ahead log is on and unsynced: a killed process loses nothing, power loss may cost
 *     the batches since the last `flush`, always a suffix. Every block and log record carries a
 *     CRC; a damaged end of the log is dropped as power loss would drop it.
 *
 * Costs measured (100,000 puts of 60 + 200 bytes in one batch): 0.5–1 µs a put to queue it, spread
 * over the turns the caller takes; 0.5 µs a put inside `commit` at a stretch, while the binding
 * reads the operations; 1.7 µs on a pool thread. A slab for keys and values brought nothing over
 * Buffer.from, which has a pool of its own.
 */
export interface RocksDbDatabaseOptions {
  /** What the directory holds. @default a task's state */
  readonly format?: DatabaseFormat
  /** One memtable; RocksDB may hold two. @default 16 MiB */
  readonly writeBufferSizeBytes?: number
  /** @default 256 */
  readonly maxOpenFiles?: number
  /** Flush and compaction threads. @default 2 */
  readonly maxBackgroundJobs?: number
}

const ITERATOR_PAGE_ROWS = 256

const METRICS: Readonly<Record<string, string>> = {
  rows_estimated: 'rocksdb.estimate-num-keys',
  memtables_bytes: 'rocksdb.cur-size-all-mem-tables',
  tables_bytes: 'rocksdb.total-sst-files-size',
  table_readers_bytes: 'rocksdb.estimate-table-readers-mem',
  block_cache_bytes: 'rocksdb.block-cache-usage',
  compactions_running: 'rocksdb.num-running-compactions',
  writes_stopped: 'rocksdb.is-write-stopped',
  background_errors: 'rocksdb.background-errors',
}

/** What must be freed before the binding can close. */
interface OpenHandle {
  free(): void
}

export class RocksDbDatabase implements TaskDatabase {
  readonly directory: string
  readonly #db: RocksDB
  readonly #reader: SessionReader
  readonly #handles = new Set<OpenHandle>()
  #commits: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | null = null

  private constructor(directory: string, db: RocksDB) {
    this.directory = directory
    this.#db = db
    this.#reader = new SessionReader(this, db)
  }

  /**
   * @throws {StateLockedError} another process or owner has the directory
   * @throws {StateFormatError} a newer version's, or not ours: nothing was touched
   * @throws {StateCorruptedError} damaged: wipe and restore
   * @throws {StateWriteError} the disk is full or forbids it
   */
  static async open(
    directory: string,
    options: RocksDbDatabaseOptions = {},
  ): Promise<RocksDbDatabase> {
    await prepareDirectory(directory)
    const db = new RocksDB(directory, {
      writeBufferSize: options.writeBufferSizeBytes ?? 16 * 1024 * 1024,
      maxOpenFiles: options.maxOpenFiles ?? 256,
      maxBackgroundJobs: options.maxBackgroundJobs ?? 2,
    })
    try {
      await db.ready()
    } catch (error) {
      throw databaseFailure('open', directory, error)
    }
    const database = new RocksDbDatabase(directory, db)
    try {
      await database.#stamp(options.format ?? TASK_STATE_FORMAT)
    } catch (error) {
      await database.close()
      throw error
    }
    return database
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
    return new RocksDbBatch(this, this.#db.write({ autoDestroy: true }))
  }

  snapshot(): DatabaseSnapshot {
    this.checkOpen()
    return new RocksDbSnapshot(this, this.#db.snapshot())
  }

  async flush(): Promise<void> {
    this.checkOpen()
    await this.#commits
    try {
      await this.#db.flush()
    } catch (error) {
      throw this.failure('write', error)
    }
  }

  async metrics(): Promise<Record<string, number>> {
    this.checkOpen()
    const metrics: Record<string, number> = {}
    for (const [name, property] of Object.entries(METRICS)) {
      metrics[name] = Number(await this.#db.getProperty(property))
    }
    return metrics
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  /** @throws {StateClosedError} */
  checkOpen(): void {
    if (this.#closed !== null) throw new StateClosedError(`${this.directory} is closed`)
  }

  failure(action: 'read' | 'write', error: unknown): Error {
    if (this.#closed !== null) return new StateClosedError(`${this.directory} was closed`)
    return databaseFailure(action, this.directory, error)
  }

  register(handle: OpenHandle): void {
    this.#handles.add(handle)
  }

  unregister(handle: OpenHandle): void {
    this.#handles.delete(handle)
  }

  /** Runs a commit after those called before it. */
  async chainCommit(write: () => Promise<void>): Promise<void> {
    const written = this.#commits.then(write)
    this.#commits = written.catch(() => undefined)
    try {
      await written
    } catch (error) {
      throw databaseFailure('write', this.directory, error)
    }
  }

  async #close(): Promise<void> {
    await this.#commits
    for (const handle of this.#handles) handle.free()
    this.#handles.clear()
    await this.#db.close()
  }

  async #stamp(format: DatabaseFormat): Promise<void> {
    const stampKey = Buffer.from(FORMAT_KEY, 'latin1')
    const [stamp = null] = await this.getMany([FORMAT_KEY])
    if (stamp !== null || (await this.#holdsRows())) {
      checkFormat(this.directory, stamp, format)
      return
    }
    await this.chainCommit(async () => {
      const write = this.#db.write({ autoDestroy: true })
      write.tryPut(stampKey, encodeFormat(format))
      await write.flush()
    })
    await this.flush()
  }

  /** Looks below FIRST_KEY too: whoever wrote the rows may have used any key. */
  async #holdsRows(): Promise<boolean> {
    const rows: unknown[] = []
    try {
      for await (const row of this.#db.iterator({}, { limit: 1 })) rows.push(row)
    } catch (error) {
      throw this.failure('read', error)
    }
    return rows.length > 0
  }
}

/** Reads the database or a snapshot of it. */
class SessionReader implements DatabaseReader {
  readonly #database: RocksDbDatabase
  readonly #session: RocksDB
  protected ended = false

  constructor(database: RocksDbDatabase, session: RocksDB) {
    this.#database = database
    this.#session = session
  }

  async getMany(keys: readonly ByteString[]): Promise<(Buffer | null)[]> {
    this.#checkOpen()
    if (keys.length === 0) return []
    const read = this.#session.read({ autoDestroy: true, capacity: keys.length })
    const pending = keys.map((key) => read.get(Buffer.from(key, 'latin1')))
    read.tryFlush()
    try {
      return await Promise.all(pending)
    } catch (error) {
      throw this.#database.failure('read', error)
    }
  }

  async *range(
    gte: ByteString,
    lt: ByteString | undefined,
    options: { readonly reverse?: boolean; readonly limit?: number } = {},
  ): AsyncGenerator<readonly DatabaseRow[]> {
    this.#checkOpen()
    const from = gte < FIRST_KEY ? FIRST_KEY : gte
    const { reverse = false, limit = Infinity } = options
    // The binding takes an empty bound for none.
    if ((lt !== undefined && lt <= from) || limit <= 0) return
    const iterator = this.#session.iterator(
      {
        gte: Buffer.from(from, 'latin1'),
        ...(lt === undefined ? {} : { lt: Buffer.from(lt, 'latin1') }),
      },
      { reverse, limit, capacity: ITERATOR_PAGE_ROWS },
    )
    const handle = new OpenIterator(iterator)
    this.#database.register(handle)
    try {
      let page: DatabaseRow[] = []
      for await (const { key, value } of iterator) {
        page.push([key.toString('latin1'), value])
        if (page.length < ITERATOR_PAGE_ROWS) continue
        yield page
        page = []
      }
      if (page.length > 0) yield page
    } catch (error) {
      throw this.#database.failure('read', error)
    } finally {
      handle.free()
      this.#database.unregister(handle)
    }
  }

  #checkOpen(): void {
    this.#database.checkOpen()
    if (this.ended) throw new StateClosedError('the snapshot is closed')
  }
}

class OpenIterator implements OpenHandle {
  readonly #iterator: RangeIterator

  constructor(iterator: RangeIterator) {
    this.#iterator = iterator
  }

  free(): void {
    this.#iterator.destroy(new Error('the database closes'))
  }
}

class RocksDbSnapshot extends SessionReader implements DatabaseSnapshot, OpenHandle {
  readonly #owner: RocksDbDatabase
  readonly #view: RocksDB
  #closed: Promise<void> | null = null

  constructor(owner: RocksDbDatabase, view: RocksDB) {
    super(owner, view)
    this.#owner = owner
    this.#view = view
    owner.register(this)
  }

  close(): Promise<void> {
    this.ended = true
    this.#owner.unregister(this)
    this.#closed ??= this.#view.close()
    return this.#closed
  }

  free(): void {
    void this.close()
  }
}

class RocksDbBatch implements DatabaseBatch, OpenHandle {
  size = 0
  readonly #database: RocksDbDatabase
  #write: WriteBatch | null

  constructor(database: RocksDbDatabase, write: WriteBatch) {
    this.#database = database
    this.#write = write
    database.register(this)
  }

  put(key: ByteString, value: Buffer): void {
    this.#open(key).tryPut(Buffer.from(key, 'latin1'), value)
    this.size++
  }

  delete(key: ByteString): void {
    this.#open(key).tryDelete(Buffer.from(key, 'latin1'))
    this.size++
  }

  deleteRange(gte: ByteString, lt: ByteString): void {
    const write = this.#open(gte)
    if (lt <= gte) return
    write.tryDeleteRange(Buffer.from(gte, 'latin1'), Buffer.from(lt, 'latin1'))
    this.size++
  }

  async commit(): Promise<void> {
    this.#database.checkOpen()
    const write = this.#open(FIRST_KEY)
    this.#write = null
    this.#database.unregister(this)
    await this.#database.chainCommit(() => write.flush())
  }

  discard(): void {
    this.free()
    this.#database.unregister(this)
  }

  free(): void {
    this.#write?.destroy()
    this.#write = null
  }

  #open(key: ByteString): WriteBatch {
    if (this.#write === null) throw new StateClosedError('the batch was committed or discarded')
    if (key < FIRST_KEY) throw new RangeError(`key ${JSON.stringify(key)} is below 0x01`)
    return this.#write
  }
}
