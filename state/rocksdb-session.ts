import type { ByteString } from '../bytes/byte-string.ts'
import { StateClosedError } from './errors.ts'
import {
  FIRST_KEY,
  type DatabaseReader,
  type DatabaseRow,
  type DatabaseSnapshot,
} from './task-database.ts'

/** What must be freed before the binding can close. */
export interface OpenHandle {
  free(): void
}

/** What readers and batches ask of the database they belong to. */
export interface HandleOwner {
  /** @throws {StateClosedError} */
  checkOpen(): void
  /** An error of the binding as one of state's. */
  failure(action: 'read' | 'write', error: unknown): Error
  register(handle: OpenHandle): void
  unregister(handle: OpenHandle): void
}

/** The part of the binding that reads: a database, or a snapshot of it. */
export interface ReadSession {
  read(options: { autoDestroy: boolean; capacity: number }): {
    get(key: Buffer): Promise<Buffer | null>
    tryFlush(): void
  }
  iterator(
    range: { gte: Buffer; lt?: Buffer },
    options: { reverse: boolean; limit: number; capacity: number },
  ): AsyncIterable<{ key: Buffer; value: Buffer }> & { destroy(error: Error): void }
  close(): Promise<void>
}

const ITERATOR_PAGE_ROWS = 256

type RangeOptions = { readonly reverse?: boolean; readonly limit?: number }

/** Reads the database or a snapshot of it. */
export class SessionReader implements DatabaseReader {
  readonly #database: HandleOwner
  readonly #session: ReadSession
  protected ended = false

  constructor(database: HandleOwner, session: ReadSession) {
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

  range(
    gte: ByteString,
    lt: ByteString | undefined,
    options: RangeOptions = {},
  ): AsyncGenerator<readonly DatabaseRow[]> {
    return this.rangeOfAll(gte < FIRST_KEY ? FIRST_KEY : gte, lt, options)
  }

  /** A range that shows the database's own rows too. */
  async *rangeOfAll(
    from: ByteString,
    lt: ByteString | undefined,
    options: RangeOptions,
  ): AsyncGenerator<readonly DatabaseRow[]> {
    this.#checkOpen()
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
  readonly #iterator: { destroy(error: Error): void }

  constructor(iterator: { destroy(error: Error): void }) {
    this.#iterator = iterator
  }

  free(): void {
    this.#iterator.destroy(new Error('the database closes'))
  }
}

export class RocksDbSnapshot extends SessionReader implements DatabaseSnapshot, OpenHandle {
  readonly #owner: HandleOwner
  readonly #view: ReadSession
  #closed: Promise<void> | null = null

  constructor(owner: HandleOwner, view: ReadSession) {
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
