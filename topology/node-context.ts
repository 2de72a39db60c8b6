import { BatchEndKeys } from './batch-end-keys.ts'
import { TopologyError } from './errors.ts'
import type { TaskStores } from './execution.ts'
import type { NodeCounter, NodeCounters } from './node-counters.ts'
import type { ProcessorNode } from './nodes.ts'
import type { ProcessorContext, ReadOnlyTable } from './processor.ts'
import type { Receiver } from './receiver.ts'
import type { Record, RecordMetadata } from './record.ts'
import type { KeyValueStore } from './store.ts'
import type { TaskFrame } from './task-frame.ts'

export interface NodeContextOptions {
  readonly node: ProcessorNode
  readonly frame: TaskFrame
  readonly stores: TaskStores
  readonly globalTables: ReadonlyMap<string, ReadOnlyTable<unknown>>
  readonly counters: NodeCounters
  /** The processor has a `batchEnd`. */
  readonly hasBatchEnd: boolean
}

/** What one processor sees of its task; made once, nothing per record. */
export class NodeContext implements ProcessorContext<unknown> {
  readonly batchEndKeys: BatchEndKeys | null
  readonly #options: NodeContextOptions
  readonly #frame: TaskFrame
  readonly #counters = new Map<string, NodeCounter>()
  #children: readonly Receiver[] = []
  /** The child, where there is one: most nodes have one, and a call beats a loop. */
  #onlyChild: Receiver | null = null

  constructor(options: NodeContextOptions) {
    this.#options = options
    this.#frame = options.frame
    this.batchEndKeys = options.hasBatchEnd ? new BatchEndKeys() : null
  }

  connect(children: readonly Receiver[]): void {
    this.#children = children
    this.#onlyChild = children.length === 1 ? children[0]! : null
  }

  get metadata(): RecordMetadata | null {
    return this.#frame.metadata
  }

  get taskId(): string {
    return this.#frame.taskId
  }

  get partition(): number {
    return this.#frame.partition
  }

  get partitionCount(): number {
    return this.#frame.partitionCount
  }

  get streamTimeMs(): number {
    return this.#frame.streamTimeMs
  }

  get wallClockMs(): number {
    return this.#frame.wallClockMs
  }

  /** @throws {TopologyError} no child has the name */
  forward(record: Record<unknown>, child?: string): void {
    if (child !== undefined) this.#child(child).receive(record)
    else if (this.#onlyChild !== null) this.#onlyChild.receive(record)
    else for (const each of this.#children) each.receive(record)
  }

  /** @throws {TopologyError} the store is not one of this processor's */
  store<V>(name: string): KeyValueStore<V> {
    const { node, stores } = this.#options
    if (node.stores.some((store) => store.name === name)) return stores.store<V>(name)
    throw new TopologyError(
      'TOPOLOGY_UNKNOWN_STORE',
      `processor ${node.name} has no store ${JSON.stringify(name)}. ` +
        'Name the store in `stores` where the processor is added.',
      { node: node.name, store: name },
    )
  }

  /** @throws {TopologyError} the table is not one this processor named */
  globalTable<V>(name: string): ReadOnlyTable<V> {
    const { globalTables, node } = this.#options
    const table = node.globalTables.includes(name) ? globalTables.get(name) : undefined
    if (table !== undefined) return table as ReadOnlyTable<V>
    throw new TopologyError(
      'TOPOLOGY_UNKNOWN_GLOBAL_TABLE',
      `processor ${node.name} has no global table ${JSON.stringify(name)}. ` +
        'Name the table in `globalTables` where the processor is added.',
      { node: node.name },
    )
  }

  /** @throws {TopologyError} the processor has no `batchEnd`, or is in it */
  atBatchEnd(key: string): void {
    const keys = this.batchEndKeys
    if (keys !== null && !keys.isUnderWay) {
      keys.ask(key)
      return
    }
    const { name } = this.#options.node
    if (keys === null) {
      throw new TopologyError(
        'TOPOLOGY_MISSING_METHOD',
        `processor ${name} asks for the end of the batch but has no batchEnd method.`,
        { node: name },
      )
    }
    throw new TopologyError(
      'TOPOLOGY_BATCH_END_RECURSION',
      `processor ${name} asks for the end of the batch within its own batchEnd. ` +
        'Do the work there and then: another end may never come before the commit.',
      { node: name },
    )
  }

  count(counter: string, by = 1): void {
    const { counters, node } = this.#options
    let found = this.#counters.get(counter)
    if (found === undefined) {
      found = counters.counter(node.name, counter)
      this.#counters.set(counter, found)
    }
    counters.add(found, by)
  }

  #child(name: string): Receiver {
    for (const child of this.#children) if (child.name === name) return child
    const node = this.#options.node.name
    const names = this.#children.map((child) => child.name)
    throw new TopologyError(
      'TOPOLOGY_UNKNOWN_CHILD',
      `processor ${node} forwards to ${JSON.stringify(name)}, which is not its child. ` +
        `Children: ${names.length === 0 ? 'none' : names.join(', ')}.`,
      { node },
    )
  }
}
