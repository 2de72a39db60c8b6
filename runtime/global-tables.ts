import type { Broker, Fetcher, PartitionOffset } from '../broker/port.ts'
import type { BuiltTopology, GlobalTableNode } from '../topology/nodes.ts'
import type { ReadOnlyTable } from '../topology/processor.ts'

const POLL_WAIT_MS = 500

/**
 * The global tables of an instance: whole topics in memory, the same on every instance.
 *
 * G1. `start` resolves when every table holds all that was committed when it was called, so no
 *     processor sees an empty table that is merely late.
 * G2. A record that cannot be decoded leaves the former value; it is counted, not fatal.
 */
export class GlobalTables {
  readonly tables = new Map<string, ReadOnlyTable<unknown>>()
  readonly #broker: Broker
  readonly #onError: (error: unknown) => void
  readonly #nodes: readonly GlobalTableNode[]
  readonly #rows = new Map<string, Map<string, unknown>>()
  #fetcher: Fetcher | null = null
  #loop: Promise<void> | null = null
  #stopped = false
  #undecodable = 0

  constructor(topology: BuiltTopology, broker: Broker, onError: (error: unknown) => void) {
    this.#broker = broker
    this.#onError = onError
    this.#nodes = topology.globalTables
    for (const { name } of this.#nodes) {
      const rows = new Map<string, unknown>()
      this.#rows.set(name, rows)
      this.tables.set(name, { get: (key) => rows.get(key), entries: () => rows.entries() })
    }
  }

  get undecodable(): number {
    return this.#undecodable
  }

  async start(): Promise<void> {
    if (this.#nodes.length === 0) return
    const topics = await this.#broker.describeTopics(this.#nodes.map(({ topic }) => topic))
    const partitions = topics.flatMap(({ name, partitions: count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
    )
    const ends = await this.#broker.listOffsets(partitions, 'latest', 'read_committed')
    this.#fetcher = this.#broker.fetcher({ isolation: 'read_committed' })
    this.#fetcher.assign(await this.#broker.listOffsets(partitions, 'earliest'))
    const positions = new Map<string, number>()
    while (!reached(positions, ends) && !this.#stopped) await this.#pollInto(positions)
    this.#loop = this.#follow(positions)
  }

  async close(): Promise<void> {
    this.#stopped = true
    await this.#fetcher?.close()
    await this.#loop
  }

  async #follow(positions: Map<string, number>): Promise<void> {
    try {
      while (!this.#stopped) await this.#pollInto(positions)
    } catch (error) {
      if (!this.#stopped) this.#onError(error)
    }
  }

  async #pollInto(positions: Map<string, number>): Promise<void> {
    const { fetched } = await this.#fetcher!.poll(POLL_WAIT_MS)
    for (const stretch of fetched) {
      const nodes = this.#nodes.filter(({ topic }) => topic === stretch.topic)
      for (const batch of stretch.batches) {
        batch.forEach((raw) => {
          if (raw.keyStart < 0) return
          const key = raw.buffer.toString('utf8', raw.keyStart, raw.keyEnd)
          for (const node of nodes) {
            const rows = this.#rows.get(node.name)!
            if (raw.valueStart < 0) rows.delete(key)
            else this.#set(rows, key, () => node.deserializer(raw))
          }
        })
      }
      positions.set(`${stretch.topic}:${stretch.partition}`, stretch.nextOffset)
    }
  }

  #set(rows: Map<string, unknown>, key: string, decode: () => unknown): void {
    try {
      rows.set(key, decode())
    } catch {
      this.#undecodable++
    }
  }
}

function reached(positions: ReadonlyMap<string, number>, ends: readonly PartitionOffset[]) {
  return ends.every(
    ({ topic, partition, offset }) =>
      offset === 0 || (positions.get(`${topic}:${partition}`) ?? 0) >= offset,
  )
}
