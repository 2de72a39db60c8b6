import type { ByteString } from '../bytes/byte-string.ts'

/**
 * The disk of one task: an ordered byte map that applies batches atomically.
 *
 * One contract, two homes: RocksDB (`rocksdb-database.ts`, the only file that imports it) and
 * memory. One suite, test/contract/task-database.ts, runs on both.
 *
 * D1. A batch is all or nothing, also across a crash.
 * D2. Calls are refused unless open; `close` drains calls under way, ends snapshots, and may be
 *     called twice.
 * D3. One owner a directory: a second opener gets {@link StateLockedError}.
 * D4. Buffers given to a batch belong to the database until `commit` settles.
 */
export interface TaskDatabase extends DatabaseReader {
  /** Writes one batch: start, fill (possibly over several turns), commit. */
  batch(): DatabaseBatch
  /** A consistent view of this moment; must be closed. */
  snapshot(): DatabaseSnapshot
  /** Makes everything written so far survive power loss. */
  flush(): Promise<void>
  metrics(): Promise<Record<string, number>>
  close(): Promise<void>
}

export interface DatabaseReader {
  /** In the order of `keys`; null: absent. An empty value is present. */
  getMany(keys: readonly ByteString[]): Promise<(Buffer | null)[]>
  /** Pages of rows with gte ≤ key < lt, in byte order (or its reverse); `lt` undefined: no bound. */
  range(
    gte: ByteString,
    lt: ByteString | undefined,
    options?: { readonly reverse?: boolean; readonly limit?: number },
  ): AsyncIterable<readonly DatabaseRow[]>
}

export type DatabaseRow = readonly [key: ByteString, value: Buffer]

export interface DatabaseBatch {
  put(key: ByteString, value: Buffer): void
  delete(key: ByteString): void
  /** Deletes gte ≤ key < lt. */
  deleteRange(gte: ByteString, lt: ByteString): void
  readonly size: number
  commit(): Promise<void>
  /** Drops an uncommitted batch; a no-op after commit. */
  discard(): void
}

export interface DatabaseSnapshot extends DatabaseReader {
  close(): Promise<void>
}
