import { TopologyError } from './errors.ts'
import type { BatchEndKeys } from './batch-end-keys.ts'
import type { NodeContext } from './node-context.ts'
import type { ProcessorNode } from './nodes.ts'
import type { Processor } from './processor.ts'
import type { Receiver } from './receiver.ts'
import type { Record } from './record.ts'
import type { TaskFrame } from './task-frame.ts'

/**
 * A processor of a running task.
 *
 * L1. `frame.node` is set back only when a call returns: after a throw it names the node that
 *     threw.
 */
export class LiveProcessor implements Receiver {
  readonly name: string
  readonly node: ProcessorNode
  /** Null: the processor has no `batchEnd`. */
  readonly batchEndKeys: BatchEndKeys | null
  readonly #processor: Processor<unknown, unknown>
  readonly #context: NodeContext
  readonly #frame: TaskFrame

  /** @throws {TopologyError} the node is to punctuate, but its processor cannot */
  constructor(
    node: ProcessorNode,
    processor: Processor<unknown, unknown>,
    context: NodeContext,
    frame: TaskFrame,
  ) {
    this.name = node.name
    this.node = node
    this.batchEndKeys = context.batchEndKeys
    this.#processor = processor
    this.#context = context
    this.#frame = frame
    if (node.punctuation !== null && processor.punctuate === undefined) {
      throw new TopologyError(
        'TOPOLOGY_MISSING_METHOD',
        `processor ${node.name} has a punctuation schedule but no punctuate method. ` +
          'Give it the method, or remove the schedule.',
        { node: node.name },
      )
    }
  }

  /** Connects the node with the children given, then lets it take hold of its stores. */
  init(children: readonly Receiver[]): void {
    this.#context.connect(children)
    this.#processor.init?.(this.#context)
  }

  receive(record: Record<unknown>): void {
    const frame = this.#frame
    const caller = frame.node
    frame.node = this.name
    this.#processor.process(record, this.#context)
    frame.node = caller
  }

  punctuate(timeMs: number): void {
    this.#frame.node = this.name
    this.#processor.punctuate!(timeMs, this.#context)
  }

  batchEnd(key: string): void {
    this.#frame.node = this.name
    this.#processor.batchEnd!(key, this.#context)
  }
}
