import type {
  BuiltSubTopology,
  BuiltTopology,
  ProcessorNode,
  SinkNode,
  SourceNode,
} from './nodes.ts'
import type { PunctuationSchedule } from './processor.ts'

/**
 * A topology as plain data: the form other tools read, and the one the other forms are made of.
 * Keys and lists have a fixed order.
 */
export interface TopologyJson {
  readonly subTopologies: readonly SubTopologyJson[]
  readonly globalTables: readonly GlobalTableJson[]
}

export interface SubTopologyJson {
  readonly id: number
  readonly sources: readonly SourceJson[]
  readonly processors: readonly ProcessorJson[]
  readonly sinks: readonly SinkJson[]
}

/** Exactly one of topics, pattern and repartition is there; likewise in {@link SinkJson}. */
export interface SourceJson {
  readonly name: string
  readonly topics?: readonly string[]
  readonly pattern?: string
  /** Name of the repartition whose internal topic it reads. */
  readonly repartition?: string
  /** Partitions asked for; absent: any, or of a repartition those of other topics. */
  readonly partitions?: number
  readonly children: readonly string[]
}

export interface ProcessorJson {
  readonly name: string
  readonly parents: readonly string[]
  readonly stores: readonly string[]
  readonly globalTables: readonly string[]
  readonly punctuation: PunctuationSchedule | null
  readonly children: readonly string[]
}

export interface SinkJson {
  readonly name: string
  readonly parents: readonly string[]
  readonly topic?: string
  readonly repartition?: string
}

export interface GlobalTableJson {
  readonly name: string
  readonly topic: string
  /** Processors that read it. */
  readonly readers: readonly string[]
}

export function jsonOf({ globalTables, subTopologies }: BuiltTopology): TopologyJson {
  const processors = subTopologies.flatMap((subTopology) => subTopology.processors)
  return {
    subTopologies: subTopologies.map(subTopologyJson),
    globalTables: globalTables.map(({ name, topic }) => ({
      name,
      topic,
      readers: processors
        .filter((processor) => processor.globalTables.includes(name))
        .map((processor) => processor.name),
    })),
  }
}

function subTopologyJson({ id, processors, sinks, sources }: BuiltSubTopology): SubTopologyJson {
  return {
    id,
    sources: sources.map(sourceJson),
    processors: processors.map(processorJson),
    sinks: sinks.map(sinkJson),
  }
}

function sourceJson(source: SourceNode): SourceJson {
  const { children, isRepartition, name, partitions, pattern, topics } = source
  const asked = partitions === null ? {} : { partitions }
  if (isRepartition) return { name, repartition: name, ...asked, children }
  return pattern === null
    ? { name, topics, ...asked, children }
    : { name, pattern: pattern.source, ...asked, children }
}

function processorJson(processor: ProcessorNode): ProcessorJson {
  const { children, globalTables, name, parents, punctuation, stores } = processor
  return {
    name,
    parents,
    stores: stores.map((store) => store.name),
    globalTables,
    punctuation: punctuation && { clock: punctuation.clock, intervalMs: punctuation.intervalMs },
    children,
  }
}

function sinkJson({ isRepartition, name, parents, topic }: SinkNode): SinkJson {
  return isRepartition ? { name, parents, repartition: name } : { name, parents, topic }
}
