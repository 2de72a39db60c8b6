import type { RecordCollector } from './execution.ts'
import type { SinkNode } from './nodes.ts'
import type { Receiver } from './receiver.ts'
import type { Record } from './record.ts'
import type { Serializer } from './serde.ts'
import type { TaskFrame } from './task-frame.ts'

/** A sink of a running task: encodes a record and hands it to the collector. */
export class LiveSink implements Receiver {
  readonly name: string
  readonly #topic: string
  readonly #serializer: Serializer<unknown>
  readonly #collector: RecordCollector
  readonly #frame: TaskFrame

  /** @param topic full name of the topic written */
  constructor(node: SinkNode, topic: string, collector: RecordCollector, frame: TaskFrame) {
    this.name = node.name
    this.#topic = topic
    this.#serializer = node.serializer
    this.#collector = collector
    this.#frame = frame
  }

  receive(record: Record<unknown>): void {
    const frame = this.#frame
    const caller = frame.node
    frame.node = this.name
    this.#collector.send(
      this.#topic,
      record.key,
      this.#serializer(record.value),
      record.timestampMs,
    )
    frame.node = caller
  }
}
