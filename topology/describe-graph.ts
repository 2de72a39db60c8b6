import type { SubTopologyJson, TopologyJson } from './describe-json.ts'

export type VertexKind = 'source' | 'processor' | 'sink' | 'store' | 'topic' | 'global-table'

export interface Vertex {
  /** Unique; the kind, then the name. */
  readonly id: string
  readonly kind: VertexKind
  readonly label: string
}

export interface Edge {
  readonly from: string
  readonly to: string
  /** Records go along it; else it says that a processor keeps a store or reads a table. */
  readonly carriesRecords: boolean
}

/** A topology as a drawing shows it: topics, stores and tables are vertices too. */
export interface TopologyGraph {
  readonly clusters: readonly { readonly id: number; readonly vertices: readonly Vertex[] }[]
  /** Topics and tables lie outside of sub-topologies. */
  readonly outside: readonly Vertex[]
  readonly edges: readonly Edge[]
}

export function graphOf({ globalTables, subTopologies }: TopologyJson): TopologyGraph {
  const outside = new Map<string, Vertex>()
  const edges: Edge[] = []
  const topic = (label: string): string => {
    outside.set(`topic:${label}`, { id: `topic:${label}`, kind: 'topic', label })
    return `topic:${label}`
  }
  for (const subTopology of subTopologies) edges.push(...edgesOf(subTopology, topic))
  for (const { name, readers, topic: from } of globalTables) {
    const id = `global-table:${name}`
    outside.set(id, { id, kind: 'global-table', label: name })
    edges.push({ from: topic(from), to: id, carriesRecords: true })
    for (const reader of readers) {
      edges.push({ from: id, to: `processor:${reader}`, carriesRecords: false })
    }
  }
  const clusters = subTopologies.map((subTopology) => ({
    id: subTopology.id,
    vertices: verticesOf(subTopology),
  }))
  return { clusters, outside: [...outside.values()], edges }
}

function verticesOf({ processors, sinks, sources }: SubTopologyJson): Vertex[] {
  const vertex = (kind: VertexKind, name: string): Vertex => ({
    id: `${kind}:${name}`,
    kind,
    label: name,
  })
  return [
    ...sources.map(({ name }) => vertex('source', name)),
    ...processors.flatMap(({ name, stores }) => [
      vertex('processor', name),
      ...stores.map((store) => vertex('store', store)),
    ]),
    ...sinks.map(({ name }) => vertex('sink', name)),
  ]
}

function edgesOf(
  { processors, sinks, sources }: SubTopologyJson,
  topic: (label: string) => string,
): Edge[] {
  const ids = new Map([
    ...processors.map(({ name }) => [name, `processor:${name}`] as const),
    ...sinks.map(({ name }) => [name, `sink:${name}`] as const),
  ])
  const record = (from: string, to: string): Edge => ({ from, to, carriesRecords: true })
  const edges: Edge[] = []
  for (const { children, name, pattern, repartition, topics = [] } of sources) {
    const id = `source:${name}`
    const internal = repartition === undefined ? [] : [repartitionLabel(repartition)]
    const matching = pattern === undefined ? [] : [`topics matching ${pattern}`]
    for (const label of [...topics, ...internal, ...matching]) edges.push(record(topic(label), id))
    for (const child of children) edges.push(record(id, ids.get(child)!))
  }
  for (const { children, name, stores } of processors) {
    const id = `processor:${name}`
    for (const store of stores) {
      edges.push({ from: id, to: `store:${store}`, carriesRecords: false })
    }
    for (const child of children) edges.push(record(id, ids.get(child)!))
  }
  for (const { name, repartition, topic: target } of sinks) {
    const label = repartition === undefined ? target! : repartitionLabel(repartition)
    edges.push(record(`sink:${name}`, topic(label)))
  }
  return edges
}

function repartitionLabel(name: string): string {
  return `repartition ${name}`
}
