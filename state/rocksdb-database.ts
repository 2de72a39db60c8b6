import RocksDB from 'rocksdb-native'
import type { ByteString } from '../bytes/byte-string.ts'
import {
  checkFormat,
  encodeFormat,
  FORMAT_KEY,
  prepareDirectory,
  TASK_STATE_FORMAT,
  type DatabaseFormat,
} from './database-format.ts'
import { StateClosedError, StateCorruptedError } from './errors.ts'
import { RocksDbBatch, type BatchOwner, type WriteSession } from './rocksdb-batch.ts'
import { databaseFailure } from './rocksdb-failure.ts'
import { RocksDbSnapshot, SessionReader, type OpenHandle } from './rocksdb-session.ts'
import type { DatabaseBatch, DatabaseRow, DatabaseSnapshot, TaskDatabase } from './task-database.ts'
import { MARKS, WriteMarks } from './write-marks.ts'

/**
 * A {@link TaskDatabase} on RocksDB; the only file that knows the binding.
 *
 * What the binding makes necessary:
 * R1. Its `close` waits for ever for one open batch, iterator or snapshot. So those are registered,
 *     and `close` frees them first.
 * R2. Writes run on a thread pool and may overtake each other. So commits are chained (D5).
 * R3. The write-ahead log is on and unsynced: a killed process loses nothing, power loss may cost
 *     the batches since the last `flush`, always a suffix.
 * R4. Every block of a table and every record of log and manifest has a checksum, verified when it
 *     is read: damage is {@link StateCorruptedError}, at opening or at the read that meets it. Only
 *     the log's damaged end is no error, but a shorter prefix. What checksums cannot see, a cut
 *     manifest, the marks of write-marks.ts do. A damaged block that nobody reads stays unseen
 *     until a compaction meets it.
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
  /** Keeps blocks that were read, up to 32 MiB; of no use where each is read once. @default true */
  readonly cachesBlocks?: boolean
  /** @default 256 */
  readonly maxOpenFiles?: number
  /** Flush and compaction threads. @default 2 */
  readonly maxBackgroundJobs?: number
}

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

export class RocksDbDatabase implements TaskDatabase, BatchOwner {
  readonly directory: string
  readonly #db: RocksDB
  readonly #reader: SessionReader
  readonly #handles = new Set<OpenHandle>()
  /** Null until the database is admitted. */
  #marks: WriteMarks | null = null
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
    const writeBufferSize = options.writeBufferSizeBytes ?? 16 * 1024 * 1024
    const cachesBlocks = options.cachesBlocks ?? true
    const hadTables = await prepareDirectory(directory)
    const db = new RocksDB(directory, {
      writeBufferSize,
      blockCache: cachesBlocks,
      // Without a cache they belong to the open tables.
      tableCacheIndexAndFilterBlocks: cachesBlocks,
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
      await database.#admit(options.format ?? TASK_STATE_FORMAT, hadTables, writeBufferSize)
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
    const session = this.#db.write({ autoDestroy: true })
    await this.#chain(() => this.#write(session, 0, true))
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

  write(session: WriteSession, bytes: number): Promise<void> {
    return this.#chain(() => this.#write(session, bytes, false))
  }

  async #close(): Promise<void> {
    await this.#commits
    for (const handle of this.#handles) handle.free()
    this.#handles.clear()
    await this.#db.close()
  }

  /**
   * Checks that the database is ours and whole, and marks the opening.
   * @param hadTables whether there were tables before RocksDB opened it
   */
  async #admit(format: DatabaseFormat, hadTables: boolean, memtableBytes: number): Promise<void> {
    const [stamp = null] = await this.getMany([FORMAT_KEY])
    const marks = await this.#rowsOfAll(MARKS.gte, MARKS.lt, Infinity)
    const isNew = stamp === null && (await this.#rowsOfAll('', undefined, 1)).length === 0
    if (stamp === null && (marks.length > 0 || (isNew && hadTables))) {
      throw new StateCorruptedError(`the database in ${this.directory} has lost its first rows`)
    }
    if (!isNew) checkFormat(this.directory, stamp, format)
    this.#marks = WriteMarks.of(this.directory, marks, memtableBytes)
    if (isNew) {
      const session = this.#db.write({ autoDestroy: true })
      session.tryPut(Buffer.from(FORMAT_KEY, 'latin1'), encodeFormat(format))
      await this.write(session, 0)
    }
    await this.flush()
  }

  async #rowsOfAll(
    gte: ByteString,
    lt: ByteString | undefined,
    limit: number,
  ): Promise<DatabaseRow[]> {
    const rows: DatabaseRow[] = []
    for await (const page of this.#reader.rangeOfAll(gte, lt, { limit })) rows.push(...page)
    return rows
  }

  async #write(session: WriteSession, bytes: number, mark: boolean): Promise<void> {
    const marks = this.#marks!
    const withMark = mark || marks.isDue(bytes)
    for (const [key, value] of marks.rows(withMark)) {
      session.tryPut(Buffer.from(key, 'latin1'), value)
    }
    await session.flush()
    marks.written(bytes, withMark)
  }

  /** Runs a write after those called before it. */
  async #chain(write: () => Promise<void>): Promise<void> {
    const written = this.#commits.then(write)
    this.#commits = written.catch(() => undefined)
    try {
      await written
    } catch (error) {
      throw databaseFailure('write', this.directory, error)
    }
  }
}
