import type { RecordBatch } from '../broker/record-batch/record-batch.ts'
import { rawKey } from '../broker/record-batch/record-fields.ts'
import type { GlobalTableNode } from '../topology/nodes.ts'
import type { ReadOnlyTable } from '../topology/processor.ts'

/** The global tables of a test driver, current at once. */
export class DriverGlobalTables {
  readonly tables: ReadonlyMap<string, ReadOnlyTable<unknown>>
  readonly #nodes: readonly GlobalTableNode[]
  readonly #rows: ReadonlyMap<string, Map<string, unknown>>

  constructor(nodes: readonly GlobalTableNode[]) {
    const rows = new Map(nodes.map(({ name }) => [name, new Map<string, unknown>()]))
    this.#nodes = nodes
    this.#rows = rows
    this.tables = rows
  }

  /** @param onFailure told of a row that cannot be decoded, which leaves the former value */
  update(topic: string, batch: RecordBatch, onFailure: (error: Error) => void): void {
    for (const node of this.#nodes) {
      if (node.topic !== topic) continue
      const rows = this.#rows.get(node.name)!
      batch.forEach((raw) => {
        const key = rawKey(raw)?.toString('utf8')
        if (key === undefined) return
        try {
          if (raw.valueStart < 0) rows.delete(key)
          else rows.set(key, node.deserializer(raw))
        } catch (error) {
          onFailure(error instanceof Error ? error : new Error(String(error)))
        }
      })
    }
  }
}
