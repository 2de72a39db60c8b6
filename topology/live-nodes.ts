import { TopologyError } from './errors.ts'
import type { RecordCollector, TaskStores } from './execution.ts'
import { LiveProcessor } from './live-processor.ts'
import { LiveSink } from './live-sink.ts'
import { LiveSource } from './live-source.ts'
import { NodeContext } from './node-context.ts'
import type { NodeCounters } from './node-counters.ts'
import type { BuiltSubTopology } from './nodes.ts'
import type { ReadOnlyTable } from './processor.ts'
import type { Receiver } from './receiver.ts'
import type { TaskFrame } from './task-frame.ts'

export interface LiveNodesOptions {
  readonly subTopology: BuiltSubTopology
  readonly frame: TaskFrame
  readonly stores: TaskStores
  readonly collector: RecordCollector
  readonly globalTables: ReadonlyMap<string, ReadOnlyTable<unknown>>
  readonly counters: NodeCounters
  readonly topicName: (repartition: string) => string
}

/** The nodes of a running task, wired so that a forward is a direct call. */
export interface LiveNodes {
  readonly sources: ReadonlyMap<string, LiveSource>
  /** Parents before children. */
  readonly processors: readonly LiveProcessor[]
}

/**
 * Creates the processors of a task and connects them; children are initialised before parents.
 * @throws {TopologyError} a processor lacks a method or asks for a store it does not own
 */
export function createLiveNodes(options: LiveNodesOptions): LiveNodes {
  const { collector, counters, frame, subTopology, topicName } = options
  const receivers = new Map<string, Receiver>()
  for (const sink of subTopology.sinks) {
    const topic = sink.isRepartition ? topicName(sink.topic) : sink.topic
    receivers.set(sink.name, new LiveSink(sink, topic, collector, frame))
  }
  const processors = subTopology.processors.map((node) => {
    const processor = node.supplier()
    const hasBatchEnd = processor.batchEnd !== undefined
    const context = new NodeContext({ ...options, node, hasBatchEnd })
    const live = new LiveProcessor(node, processor, context, frame)
    receivers.set(node.name, live)
    return live
  })
  const childrenNamed = (names: readonly string[]) => names.map((name) => receivers.get(name)!)
  for (const live of processors.toReversed()) live.init(childrenNamed(live.node.children))
  const sources = new Map(
    subTopology.sources.map((source) => {
      const children = childrenNamed(source.children)
      return [source.name, new LiveSource(source, children, frame, counters)]
    }),
  )
  return { sources, processors }
}

/** The live source of a record. @throws {TopologyError} a record of another sub-topology */
export function sourceNamed(nodes: LiveNodes, name: string): LiveSource {
  const source = nodes.sources.get(name)
  if (source !== undefined) return source
  const known = [...nodes.sources.keys()].join(', ')
  throw new TopologyError(
    'TOPOLOGY_UNKNOWN_SOURCE',
    `a record names the source ${name}; this sub-topology has: ${known}.`,
    { node: name },
  )
}
