import type { ByteString } from '../bytes/byte-string.ts'
import { StateClosedError } from './errors.ts'
import type { HandleOwner, OpenHandle } from './rocksdb-session.ts'
import { FIRST_KEY, type DatabaseBatch } from './task-database.ts'
import { ROW_OVERHEAD_BYTES } from './write-marks.ts'

/** The binding's batch: operations are queued without a promise for each. */
export interface WriteSession {
  tryPut(key: Buffer, value: Buffer): void
  tryDelete(key: Buffer): void
  tryDeleteRange(start: Buffer, end: Buffer): void
  flush(): Promise<void>
  /** Frees a batch that was not flushed; an open one keeps the database from closing. */
  destroy(): void
}

export interface BatchOwner extends HandleOwner {
  /** Writes a batch after those committed before it. */
  write(session: WriteSession, bytes: number): Promise<void>
}

export class RocksDbBatch implements DatabaseBatch, OpenHandle {
  size = 0
  readonly #database: BatchOwner
  /** What it will take of a memtable, about. */
  #bytes = 0
  #write: WriteSession | null

  constructor(database: BatchOwner, write: WriteSession) {
    this.#database = database
    this.#write = write
    database.register(this)
  }

  put(key: ByteString, value: Buffer): void {
    this.#open(key).tryPut(Buffer.from(key, 'latin1'), value)
    this.#count(key.length + value.length)
  }

  delete(key: ByteString): void {
    this.#open(key).tryDelete(Buffer.from(key, 'latin1'))
    this.#count(key.length)
  }

  deleteRange(gte: ByteString, lt: ByteString): void {
    const write = this.#open(gte)
    if (lt <= gte) return
    write.tryDeleteRange(Buffer.from(gte, 'latin1'), Buffer.from(lt, 'latin1'))
    this.#count(gte.length + lt.length)
  }

  async commit(): Promise<void> {
    this.#database.checkOpen()
    const write = this.#open(FIRST_KEY)
    this.#write = null
    this.#database.unregister(this)
    await this.#database.write(write, this.#bytes)
  }

  discard(): void {
    this.free()
    this.#database.unregister(this)
  }

  free(): void {
    this.#write?.destroy()
    this.#write = null
  }

  #count(bytes: number): void {
    this.size++
    this.#bytes += bytes + ROW_OVERHEAD_BYTES
  }

  #open(key: ByteString): WriteSession {
    if (this.#write === null) throw new StateClosedError('the batch was committed or discarded')
    if (key < FIRST_KEY) throw new RangeError(`key ${JSON.stringify(key)} is below 0x01`)
    return this.#write
  }
}
