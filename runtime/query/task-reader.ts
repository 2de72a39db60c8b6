import { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteString } from '../../bytes/byte-string.ts'
import type { Clock } from '../../broker/clock.ts'
import { earliestOf } from '../../state/labelled-position.ts'
import type { PeerClient, PeerRead } from '../../state/peer-port.ts'
import type { LabelledPosition, StoreRow } from '../../state/query-port.ts'
import type { ViewScan } from '../../state/state-view.ts'
import type { StoreSpec } from '../../topology/store.ts'
import type { LocalReader } from './local-reader.ts'
import type { QueryableTask } from './local-tasks.ts'
import { within } from './query-deadline.ts'
import type { TaskRead } from './task-read.ts'

/** One place where a task may be read; values come decoded. */
export interface TaskReader {
  /** For messages. */
  readonly place: string
  get(store: StoreSpec<unknown>, key: ByteString, timeoutMs: number): Promise<TaskRead<unknown>>
  scan(
    store: StoreSpec<unknown>,
    range: ViewScan,
    timeoutMs: number,
  ): Promise<TaskRead<StoreRow<unknown>[]>>
}

/** A task of this instance. */
export class LocalTaskReader implements TaskReader {
  readonly place = 'here'
  readonly #task: QueryableTask
  readonly #reader: LocalReader
  readonly #clock: Clock

  constructor(task: QueryableTask, reader: LocalReader, clock: Clock) {
    this.#task = task
    this.#reader = reader
    this.#clock = clock
  }

  get(store: StoreSpec<unknown>, key: ByteString, timeoutMs: number): Promise<TaskRead<unknown>> {
    const read = this.#reader.read(this.#task, (view) => view.get(store.name, key))
    return within(this.#clock, timeoutMs, read)
  }

  scan(
    store: StoreSpec<unknown>,
    range: ViewScan,
    timeoutMs: number,
  ): Promise<TaskRead<StoreRow<unknown>[]>> {
    const read = this.#reader.read(this.#task, (view) => view.scan(store.name, range))
    return within(this.#clock, timeoutMs, read)
  }
}

/** A task of another instance. */
export class RemoteTaskReader implements TaskReader {
  readonly place: string
  readonly #task: Pick<PeerRead, 'taskId' | 'accepts'>
  readonly #peers: PeerClient
  readonly #clock: Clock

  constructor(
    endpoint: string,
    task: Pick<PeerRead, 'taskId' | 'accepts'>,
    peers: PeerClient,
    clock: Clock,
  ) {
    this.place = endpoint
    this.#task = task
    this.#peers = peers
    this.#clock = clock
  }

  async get(
    store: StoreSpec<unknown>,
    key: ByteString,
    timeoutMs: number,
  ): Promise<TaskRead<unknown>> {
    const request = { ...this.#task, store: store.name, key }
    const { position, value } = await this.#peers.get(this.place, request, timeoutMs)
    return { value: value === undefined ? undefined : decode(store, value), position }
  }

  /** An answer that ends early because of its size is continued. */
  async scan(
    store: StoreSpec<unknown>,
    range: ViewScan,
    timeoutMs: number,
  ): Promise<TaskRead<StoreRow<unknown>[]>> {
    const deadlineMs = this.#clock.now() + timeoutMs
    const rows: StoreRow<unknown>[] = []
    let position: LabelledPosition | null = null
    for (;;) {
      const after = rows.at(-1)?.[0]
      const request = {
        ...this.#task,
        ...range,
        store: store.name,
        limit: range.limit - rows.length,
        ...(after === undefined ? {} : { after }),
      }
      const leftMs = deadlineMs - this.#clock.now()
      const page = await this.#peers.scan(this.place, request, leftMs)
      position = position === null ? page.position : earliestOf(position, page.position)
      for (const [key, value] of page.rows) rows.push([key, decode(store, value)])
      if (!page.hasMore || rows.length >= range.limit) return { value: rows, position }
    }
  }
}

/** @throws {CorruptBytesError} the peer's codec is another one: a rolling upgrade */
function decode(store: StoreSpec<unknown>, bytes: Buffer): unknown {
  return store.codec.decode(new ByteReader(bytes))
}
