import type {
  GlobalTableJson,
  ProcessorJson,
  SinkJson,
  SourceJson,
  SubTopologyJson,
  TopologyJson,
} from './describe-json.ts'

/** Lines for a terminal: each node with what feeds it (←), what it keeps, and what it feeds (→). */
export function textOf({ globalTables, subTopologies }: TopologyJson): string {
  const lines = subTopologies.flatMap(subTopologyLines)
  if (globalTables.length > 0) lines.push('Global tables', ...globalTables.map(tableLine))
  return `${lines.join('\n')}\n`
}

function subTopologyLines({ id, processors, sinks, sources }: SubTopologyJson): string[] {
  return [
    `Sub-topology ${id}`,
    ...sources.flatMap(sourceLines),
    ...processors.flatMap(processorLines),
    ...sinks.flatMap(sinkLines),
  ]
}

function sourceLines(source: SourceJson): string[] {
  return [`  source ${source.name} ← ${originOf(source)}`, ...childLines(source.children)]
}

function originOf({ partitions, pattern, repartition, topics = [] }: SourceJson): string {
  return originNamed(pattern, repartition, topics) + askedOf(partitions)
}

function originNamed(
  pattern: string | undefined,
  repartition: string | undefined,
  topics: readonly string[],
): string {
  if (pattern !== undefined) return `topics matching ${pattern}`
  if (repartition !== undefined) return `repartition ${repartition}`
  return `${topics.length === 1 ? 'topic' : 'topics'} ${list(topics)}`
}

function askedOf(partitions: number | undefined): string {
  if (partitions === undefined) return ''
  return ` (${partitions} ${partitions === 1 ? 'partition' : 'partitions'})`
}

function processorLines(processor: ProcessorJson): string[] {
  const { children, globalTables, name, parents, punctuation, stores } = processor
  const lines = [`  processor ${name} ← ${list(parents)}`]
  if (stores.length > 0) lines.push(`    stores ${list(stores)}`)
  if (globalTables.length > 0) lines.push(`    global tables ${list(globalTables)}`)
  if (punctuation !== null) {
    lines.push(`    punctuates every ${punctuation.intervalMs} ms of ${punctuation.clock}`)
  }
  return [...lines, ...childLines(children)]
}

function sinkLines({ name, parents, repartition, topic }: SinkJson): string[] {
  const target = repartition === undefined ? `topic ${topic}` : `repartition ${repartition}`
  return [`  sink ${name} ← ${list(parents)}`, `    → ${target}`]
}

function tableLine({ name, readers, topic }: GlobalTableJson): string {
  return `  ${name} ← topic ${topic}, read by ${list(readers)}`
}

function childLines(children: readonly string[]): string[] {
  return children.length === 0 ? [] : [`    → ${list(children)}`]
}

function list(names: readonly string[]): string {
  return names.join(', ')
}
