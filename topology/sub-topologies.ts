import { childrenOf, parentsOf, type Declaration, type Declarations } from './declarations.ts'
import type {
  BuiltSubTopology,
  BuiltTopology,
  GlobalTableNode,
  ProcessorNode,
  SinkNode,
} from './nodes.ts'
import { SourceNode } from './nodes.ts'
import type { StoreSpec } from './store.ts'

/**
 * Splits checked declarations into sub-topologies: the connected components of the graph in which
 * a repartition is two nodes without an edge.
 *
 * Components are numbered by their first node in order of declaration, a repartition's sink before
 * its source. The number is part of task ids and so of transactional ids and state directories.
 */
export function assembleTopology(declarations: Declarations): BuiltTopology {
  const nodes = halves(declarations)
  const children = childrenOf(declarations)
  const subTopologies = components(nodes).map((component, id) =>
    assembleSubTopology(id, component, children),
  )
  const globalTables: GlobalTableNode[] = []
  for (const declaration of declarations.values()) {
    if (declaration.kind !== 'global-table') continue
    const { name, options } = declaration
    const { deserializer, topic } = options
    globalTables.push(Object.freeze({ kind: 'global-table', name, topic, deserializer }))
  }
  return Object.freeze({
    subTopologies: Object.freeze(subTopologies),
    globalTables: Object.freeze(globalTables),
  })
}

type NodeDeclaration = Exclude<Declaration, { kind: 'global-table' }>

/** A node of the graph: a declaration, or one half of a repartition. */
interface Half {
  readonly declaration: NodeDeclaration
  readonly role: 'source' | 'processor' | 'sink'
}

function halves(declarations: Declarations): Half[] {
  const found: Half[] = []
  for (const declaration of declarations.values()) {
    if (declaration.kind === 'global-table') continue
    if (declaration.kind === 'repartition') {
      found.push({ declaration, role: 'sink' }, { declaration, role: 'source' })
    } else found.push({ declaration, role: declaration.kind })
  }
  return found
}

/** Connected halves, each component and the list of them in order of declaration. */
function components(nodes: readonly Half[]): Half[][] {
  const component = nodes.map((_, i) => i)
  const find = (i: number): number => {
    let root = i
    while (component[root] !== root) root = component[root]!
    return root
  }
  // Only sources and processors forward, and their names are unique.
  const forwarding = new Map<string, number>()
  nodes.forEach(({ declaration, role }, i) => {
    if (role !== 'sink') forwarding.set(declaration.name, i)
  })
  nodes.forEach(({ declaration, role }, i) => {
    if (role === 'source') return
    for (const parent of parentsOf(declaration)) {
      const a = find(i)
      const b = find(forwarding.get(parent)!)
      component[Math.max(a, b)] = Math.min(a, b)
    }
  })
  const byRoot = new Map<number, Half[]>()
  nodes.forEach((node, i) => {
    const root = find(i)
    const members = byRoot.get(root)
    if (members === undefined) byRoot.set(root, [node])
    else members.push(node)
  })
  return [...byRoot.values()]
}

function assembleSubTopology(
  id: number,
  members: readonly Half[],
  children: ReadonlyMap<string, readonly string[]>,
): BuiltSubTopology {
  const sources: SourceNode[] = []
  const processors: ProcessorNode[] = []
  const sinks: SinkNode[] = []
  for (const { declaration, role } of members) {
    const own = children.get(declaration.name)!
    if (role === 'source') sources.push(sourceNode(declaration, own))
    else if (role === 'sink') sinks.push(sinkNode(declaration))
    else processors.push(processorNode(declaration, own))
  }
  const ordered = parentsFirst(processors)
  const stores = ordered.flatMap((processor) => processor.stores)
  const storeOwners = new Map(
    ordered.flatMap(({ name, stores: owned }) => owned.map((store) => [store.name, name] as const)),
  )
  return Object.freeze({
    id,
    sources: Object.freeze(sources),
    processors: Object.freeze(ordered),
    sinks: Object.freeze(sinks),
    stores: Object.freeze(stores),
    storeOwners,
  })
}

function sourceNode(declaration: NodeDeclaration, children: readonly string[]): SourceNode {
  if (declaration.kind === 'source') {
    const { name, options, pattern, topics } = declaration
    return new SourceNode({
      name,
      isRepartition: false,
      topics,
      pattern,
      partitions: options.partitions ?? null,
      deserializer: options.deserializer,
      prefetch: options.prefetch ?? null,
      key: options.key ?? 'text',
      children,
    })
  }
  const { name, options } = declaration as Extract<Declaration, { kind: 'repartition' }>
  return new SourceNode({
    name,
    isRepartition: true,
    topics: [],
    pattern: null,
    partitions: options.partitions ?? null,
    deserializer: options.deserializer,
    prefetch: options.prefetch ?? null,
    key: 'text',
    children,
  })
}

function sinkNode(declaration: NodeDeclaration): SinkNode {
  const { name, options } = declaration as Extract<Declaration, { kind: 'sink' | 'repartition' }>
  const isRepartition = declaration.kind === 'repartition'
  return Object.freeze({
    kind: 'sink',
    name,
    parents: Object.freeze([...options.parents]),
    isRepartition,
    topic: 'topic' in options ? options.topic : name,
    serializer: options.serializer,
  })
}

function processorNode(declaration: NodeDeclaration, children: readonly string[]): ProcessorNode {
  const { name, options, supplier } = declaration as Extract<Declaration, { kind: 'processor' }>
  return Object.freeze({
    kind: 'processor',
    name,
    supplier,
    parents: Object.freeze([...options.parents]),
    children: Object.freeze([...children]),
    // A spec is read by whoever knows its type; nobody else may give it values.
    stores: Object.freeze([...(options.stores ?? [])] as StoreSpec<never>[]),
    globalTables: Object.freeze([...(options.globalTables ?? [])]),
    punctuation: options.punctuation ?? null,
  })
}

/** Processors so that parents come first, else in the order given. */
function parentsFirst(processors: readonly ProcessorNode[]): ProcessorNode[] {
  const byName = new Map(processors.map((processor) => [processor.name, processor]))
  const ordered = new Set<ProcessorNode>()
  const visit = (processor: ProcessorNode): void => {
    if (ordered.has(processor)) return
    for (const parent of processor.parents) {
      const found = byName.get(parent)
      if (found !== undefined) visit(found)
    }
    ordered.add(processor)
  }
  processors.forEach(visit)
  return [...ordered]
}
