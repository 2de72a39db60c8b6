/**
 * The part of rocksdb-native 3.18.1 that rocksdb-database.ts uses; the package brings no types.
 *
 * A database, a snapshot and the sessions between them are one class. Absent values are null.
 */
declare module 'rocksdb-native' {
  export interface RocksDbOptions {
    readonly writeBufferSize?: number
    readonly blockCache?: boolean
    readonly tableCacheIndexAndFilterBlocks?: boolean
    readonly maxOpenFiles?: number
    readonly maxBackgroundJobs?: number
  }

  export interface ReadBatch {
    get(key: Buffer): Promise<Buffer | null>
    /** Sends the reads without a promise for the whole. */
    tryFlush(): void
  }

  export interface WriteBatch {
    tryPut(key: Buffer, value: Buffer): void
    tryDelete(key: Buffer): void
    tryDeleteRange(start: Buffer, end: Buffer): void
    flush(): Promise<void>
    /** Frees a batch that was not flushed; an open one keeps the database from closing. */
    destroy(): void
  }

  export interface RangeIterator extends AsyncIterable<{ key: Buffer; value: Buffer }> {
    destroy(error?: Error): void
  }

  export default class RocksDB {
    constructor(path: string, options?: RocksDbOptions)
    ready(): Promise<void>
    close(): Promise<void>
    flush(): Promise<void>
    /** A session that reads this moment; `close` frees it. */
    snapshot(): RocksDB
    read(options: { autoDestroy: boolean; capacity?: number }): ReadBatch
    write(options: { autoDestroy: boolean; capacity?: number }): WriteBatch
    iterator(
      range: { gte?: Buffer; lt?: Buffer },
      options: { reverse?: boolean; limit?: number; capacity?: number },
    ): RangeIterator
    getProperty(name: string): Promise<string>
  }
}
