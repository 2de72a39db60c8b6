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
 * D5. Batches apply in the order in which `commit` was called; one that fails stops no other.
 * D6. Keys start with a byte ≥ 0x01; what lies below is the database's own (its format marker).
 *     Other keys are refused with a RangeError, and no range shows what lies there.
 * D7. After a {@link StateWriteError} the database may refuse all further writes: reopen it.
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
  /**
   * In the order of `keys`; null: absent. An empty value is present.
   * @throws {StateCorruptedError} a block failed its checksum
   * @throws {StateReadError} the disk refused the read
   */
  getMany(keys: readonly ByteString[]): Promise<(Buffer | null)[]>
  /**
   * Pages of rows with gte ≤ key < lt, in byte order (or its reverse); `lt` undefined: no bound.
   * Consistent: the rows of the moment at which the first page was asked for. Leaving the loop
   * early frees it; a close under way ends it with {@link StateClosedError}, never silently.
   */
  range(
    gte: ByteString,
    lt: ByteString | undefined,
    options?: { readonly reverse?: boolean; readonly limit?: number },
  ): AsyncIterable<readonly DatabaseRow[]>
}

/** The least key a database takes (D6). */
export const FIRST_KEY: ByteString = '\u0001'

export type DatabaseRow = readonly [key: ByteString, value: Buffer]

export interface DatabaseBatch {
  put(key: ByteString, value: Buffer): void
  delete(key: ByteString): void
  /** Deletes gte ≤ key < lt. */
  deleteRange(gte: ByteString, lt: ByteString): void
  /** Operations so far. */
  readonly size: number
  /**
   * @throws {StateWriteError} the disk refused it: nothing of the batch was written
   * @throws {StateClosedError} closed before it was committed
   */
  commit(): Promise<void>
  /** Drops an uncommitted batch; a no-op after commit. */
  discard(): void
}

export interface DatabaseSnapshot extends DatabaseReader {
  close(): Promise<void>
}
