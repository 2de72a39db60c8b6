import type { ByteString } from '../../bytes/byte-string.ts'
import { InvalidBoundError, StoreNotReadyError, UnknownStoreError } from '../../state/errors.ts'
import type {
  Answer,
  MissingPartition,
  QueryPort,
  ScanOptions,
  StoreDescription,
  InstanceDescription,
  LabelledPosition,
  QueryBounds,
  StoreRow,
  TaskStatus,
} from '../../state/query-port.ts'

/** A query port over plain maps, one task per store: what the API is tested against. */
export class MemoryQuery implements QueryPort {
  /** Rows by store; every store named here exists. */
  readonly rows = new Map<string, Map<ByteString, unknown>>()
  /** Stores whose task is not running. */
  readonly notReady = new Set<string>()
  /** Topics that lead to a store; of a store not named here all do. */
  readonly inputsOf = new Map<string, readonly string[]>()
  statuses: TaskStatus[] = []
  hosts: InstanceDescription[] = []
  lag = 0
  /** Partitions that lists lack. */
  missing: MissingPartition[] = []
  /** Of every answer: a standby gives it. */
  stalenessMs: number | null = null
  /** The bounds of every question. */
  readonly asked: QueryBounds[] = []
  scans = 0

  /** The bounds of the newest question. */
  get bounds(): QueryBounds | undefined {
    return this.asked.at(-1)
  }

  store(name: string): Map<ByteString, unknown> {
    let store = this.rows.get(name)
    if (store === undefined) {
      store = new Map()
      this.rows.set(name, store)
    }
    return store
  }

  stores(): StoreDescription[] {
    return [...this.rows.keys()].map((name, subTopology) => ({
      name,
      subTopology,
      changelogTopic: `test-${name}-changelog`,
      partitions: 1,
      toJson: (_key, value) => value,
    }))
  }

  async get<V>(
    store: string,
    _partitionKey: string,
    key: ByteString,
    bounds?: QueryBounds,
  ): Promise<Answer<V | undefined>> {
    const rows = this.running(store, bounds)
    this.asked.push(bounds ?? {})
    await Promise.resolve()
    const value = rows.get(key) as V | undefined
    return { value, positions: [this.position(store)], missing: [] }
  }

  async scan<V>(store: string, options: ScanOptions): Promise<Answer<readonly StoreRow<V>[]>> {
    const { prefix, after, limit } = options
    const rows = this.running(store, options.bounds)
    this.scans += 1
    this.asked.push(options.bounds ?? {})
    await Promise.resolve()
    const value = [...rows]
      .filter(([key]) => key.startsWith(prefix) && (after === undefined || key > after))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
    const { missing } = this
    return { value: value as unknown as StoreRow<V>[], positions: [this.position(store)], missing }
  }

  tasks(): TaskStatus[] {
    return this.statuses
  }

  instances(): InstanceDescription[] {
    return this.hosts
  }

  private running(store: string, bounds: QueryBounds = {}): Map<ByteString, unknown> {
    const rows = this.rows.get(store)
    if (rows === undefined) throw new UnknownStoreError(`no store ${store}`)
    if (this.notReady.has(store)) throw new StoreNotReadyError(`the task of ${store} restores`)
    const inputs = this.inputsOf.get(store)
    const foreign = bounds.positionMin?.find(({ topic }) => inputs?.includes(topic) === false)
    if (foreign !== undefined) throw new InvalidBoundError(`${foreign.topic} does not lead here`)
    return rows
  }

  private position(store: string): LabelledPosition {
    const number = [...this.rows.keys()].indexOf(store)
    const inputs = [{ topic: 'attacker.observation', partition: 0, offset: 7 + number }]
    const { lag, stalenessMs } = this
    const taskId = `${number}_0`
    if (stalenessMs === null) {
      return { taskId, inputs, lag, role: 'active', stale: false, stalenessMs: 0 }
    }
    return { taskId, inputs, lag, role: 'standby', stale: true, stalenessMs }
  }
}
