import type { ByteString } from '../../bytes/byte-string.ts'
import { earliestOf } from '../../state/labelled-position.ts'
import type {
  Answer,
  LabelledPosition,
  QueryBounds,
  QueryPort,
  StoreRow,
} from '../../state/query-port.ts'
import type { StoreSpec } from '../../topology/store.ts'

/** The stores lie in one task, which any key finds. */
const ANY_KEY = ''
const READS_AT_ONCE = 64

/**
 * Many reads of the clusterer's stores for one answer.
 *
 * The position asked for is waited for by the first read; the others are of the same task.
 */
export class ClustererReader {
  readonly #query: QueryPort
  readonly #positions = new Map<string, LabelledPosition>()
  #bounds: QueryBounds

  constructor(query: QueryPort, bounds: QueryBounds) {
    this.#query = query
    this.#bounds = bounds
  }

  /** What all that was read is true for. */
  answer<T>(value: T): Answer<T> {
    return { value, positions: [...this.#positions.values()], missing: [] }
  }

  async get<V>(store: StoreSpec<V>, key: ByteString): Promise<V | undefined> {
    return this.#taken(await this.#query.get<V>(store.name, ANY_KEY, key, this.#bounds))
  }

  /** In the order of the keys. */
  async getAll<V>(store: StoreSpec<V>, keys: readonly ByteString[]): Promise<(V | undefined)[]> {
    const values: (V | undefined)[] = []
    for (let start = 0; start < keys.length; start += READS_AT_ONCE) {
      const some = keys.slice(start, start + READS_AT_ONCE)
      values.push(...(await Promise.all(some.map((key) => this.get(store, key)))))
    }
    return values
  }

  async scan<V>(
    store: StoreSpec<V>,
    prefix: ByteString,
    limit: number,
  ): Promise<readonly StoreRow<V>[]> {
    const range = { partitionKey: ANY_KEY, prefix, limit, bounds: this.#bounds }
    return this.#taken(await this.#query.scan<V>(store.name, range))
  }

  #taken<T>({ positions, value }: Answer<T>): T {
    const { lagMax } = this.#bounds
    this.#bounds = lagMax === undefined ? {} : { lagMax }
    for (const position of positions) {
      const known = this.#positions.get(position.taskId)
      const earliest = known === undefined ? position : earliestOf(known, position)
      this.#positions.set(position.taskId, earliest)
    }
    return value
  }
}
