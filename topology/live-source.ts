import type { NodeCounters } from './node-counters.ts'
import type { SourceNode } from './nodes.ts'
import type { Receiver } from './receiver.ts'
import type { SourceRecord } from './record.ts'
import type { Touch } from './store.ts'
import type { TaskFrame } from './task-frame.ts'

/** A source of a running task: hands decoded records to its children. */
export class LiveSource {
  readonly name: string
  readonly #node: SourceNode
  readonly #children: readonly Receiver[]
  readonly #frame: TaskFrame
  readonly #counters: NodeCounters

  constructor(
    node: SourceNode,
    children: readonly Receiver[],
    frame: TaskFrame,
    counters: NodeCounters,
  ) {
    this.name = node.name
    this.#node = node
    this.#children = children
    this.#frame = frame
    this.#counters = counters
  }

  /**
   * A hint that throws costs speed, not the record: it is counted as `prefetch-errors`.
   * @returns true: it would name more if it saw what is missing
   */
  prefetch(record: SourceRecord, touch: Touch): boolean {
    const { prefetch } = this.#node
    if (prefetch === null) return false
    try {
      return prefetch(record.value, record.key, touch)
    } catch {
      this.#counters.addNow(this.name, 'prefetch-errors')
      return false
    }
  }

  receive(record: SourceRecord): void {
    this.#frame.node = this.name
    for (const child of this.#children) child.receive(record)
  }
}
