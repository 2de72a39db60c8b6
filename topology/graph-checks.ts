import { childrenOf, parentsOf, type Declaration, type Declarations } from './declarations.ts'
import { TopologyError } from './errors.ts'
import type { StoreSpec } from './store.ts'

/**
 * Checks what no declaration shows by itself.
 *
 * @throws {TopologyError} the first problem found, in the order of the checks below
 */
export function checkGraph(declarations: Declarations): void {
  if (declarations.size === 0) {
    throw new TopologyError('TOPOLOGY_EMPTY', 'the topology has no nodes. Add a source first.')
  }
  checkParents(declarations)
  checkChildren(declarations)
  checkAcyclic(declarations)
  checkTopics(declarations)
  checkStores(declarations)
  checkGlobalTables(declarations)
}

function checkParents(declarations: Declarations): void {
  for (const declaration of declarations.values()) {
    const { kind, name } = declaration
    if (kind === 'source' || kind === 'global-table') continue
    const parents = parentsOf(declaration)
    if (parents.length === 0) {
      throw new TopologyError(
        'TOPOLOGY_NO_PARENTS',
        `${kind} ${name} has no parents, so no record reaches it. Name its parents, or remove it.`,
        { node: name },
      )
    }
    parents.forEach((parent, i) => {
      if (parents.indexOf(parent) !== i) {
        throw invalidParent(declaration, `names parent ${parent} twice. Name it once.`)
      }
      checkParent(declaration, parent, declarations)
    })
  }
}

function checkParent(child: Declaration, parent: string, declarations: Declarations): void {
  const found = declarations.get(parent)
  if (found === undefined) {
    const known = [...declarations.values()].filter(canHaveChildren).map(({ name }) => name)
    throw new TopologyError(
      'TOPOLOGY_UNKNOWN_PARENT',
      `${child.kind} ${child.name}: no node is named ${JSON.stringify(parent)}. ` +
        `Possible parents: ${known.join(', ')}.`,
      { node: child.name },
    )
  }
  if (found.kind === 'sink') {
    throw invalidParent(
      child,
      `has the sink ${parent} as parent, but a sink has no children. ` +
        'Name the parents of the sink, or make it a repartition.',
    )
  }
  if (found.kind === 'global-table') {
    throw invalidParent(
      child,
      `has the global table ${parent} as parent, but a table forwards nothing. ` +
        'Name it in globalTables, or read its topic with a source.',
    )
  }
}

function canHaveChildren({ kind }: Declaration): boolean {
  return kind === 'source' || kind === 'processor' || kind === 'repartition'
}

function invalidParent(child: Declaration, problem: string): TopologyError {
  const { kind, name } = child
  return new TopologyError('TOPOLOGY_INVALID_PARENT', `${kind} ${name} ${problem}`, { node: name })
}

function checkChildren(declarations: Declarations): void {
  const children = childrenOf(declarations)
  for (const { kind, name } of declarations.values()) {
    if (kind !== 'source' && kind !== 'repartition') continue
    if (children.get(name)!.length > 0) continue
    throw new TopologyError(
      'TOPOLOGY_NO_CHILDREN',
      `${kind} ${name} has no children, so what it reads goes nowhere. ` +
        'Name it as parent of a node, or remove it.',
      { node: name },
    )
  }
}

/** Follows edges forward; a repartition ends the walk, for its topic breaks the cycle. */
function checkAcyclic(declarations: Declarations): void {
  const children = childrenOf(declarations)
  const done = new Set<string>()
  const path: string[] = []
  const visit = (name: string): void => {
    if (done.has(name)) return
    const start = path.indexOf(name)
    if (start >= 0) {
      const cycle = [...path.slice(start), name].join(' → ')
      throw new TopologyError(
        'TOPOLOGY_CYCLE',
        `the nodes ${cycle} form a cycle: a record would run in it for ever. ` +
          'Remove an edge, or lead it through a repartition.',
        { node: name },
      )
    }
    path.push(name)
    for (const child of children.get(name)!) {
      if (declarations.get(child)!.kind === 'processor') visit(child)
    }
    path.pop()
    done.add(name)
  }
  for (const { kind, name } of declarations.values()) if (kind === 'processor') visit(name)
}

function checkTopics(declarations: Declarations): void {
  const readers = new Map<string, string>()
  const sources = [...declarations.values()].filter(({ kind }) => kind === 'source')
  for (const source of sources) {
    if (source.kind !== 'source') continue
    for (const topic of source.topics) {
      const former = readers.get(topic)
      if (former !== undefined) throw topicReadTwice(topic, former, source.name)
      readers.set(topic, source.name)
    }
  }
  for (const source of sources) {
    if (source.kind !== 'source' || source.pattern === null) continue
    for (const [topic, reader] of readers) {
      if (source.pattern.matches(topic)) throw topicReadTwice(topic, reader, source.name)
    }
  }
}

/** Two sources of one topic would be two positions in it, of which only one can be committed. */
export function topicReadTwice(topic: string, first: string, second: string): TopologyError {
  const readers = first === second ? `source ${first} twice` : `sources ${first} and ${second}`
  return new TopologyError(
    'TOPOLOGY_DUPLICATE_TOPIC',
    `topic ${topic} is read by ${readers}. Read it once and give that source more children.`,
    { node: second, topic },
  )
}

function checkStores(declarations: Declarations): void {
  const owners = new Map<string, { owner: string; spec: StoreSpec<unknown> }>()
  for (const declaration of declarations.values()) {
    if (declaration.kind !== 'processor') continue
    const node = declaration.name
    for (const spec of declaration.options.stores ?? []) {
      const store = spec.name
      const former = owners.get(store)
      if (former === undefined) {
        owners.set(store, { owner: node, spec })
        continue
      }
      if (former.spec === spec && former.owner !== node) {
        throw new TopologyError(
          'TOPOLOGY_SHARED_STORE',
          `store ${store} is shared by the processors ${former.owner} and ${node}. A store ` +
            'belongs to one: let it forward what the other needs, or join the two.',
          { node, store },
        )
      }
      throw new TopologyError(
        'TOPOLOGY_DUPLICATE_STORE',
        `store ${store} is declared twice, by processor ${former.owner} and processor ${node}. ` +
          'Name one otherwise: their changelog topics would be the same.',
        { node, store },
      )
    }
  }
}

function checkGlobalTables(declarations: Declarations): void {
  const used = new Set<string>()
  for (const declaration of declarations.values()) {
    if (declaration.kind !== 'processor') continue
    for (const table of declaration.options.globalTables ?? []) {
      used.add(table)
      if (declarations.get(table)?.kind === 'global-table') continue
      throw new TopologyError(
        'TOPOLOGY_UNKNOWN_GLOBAL_TABLE',
        `processor ${declaration.name}: no global table is named ${JSON.stringify(table)}. ` +
          'Add it with addGlobalTable.',
        { node: declaration.name },
      )
    }
  }
  for (const { kind, name } of declarations.values()) {
    if (kind !== 'global-table' || used.has(name)) continue
    throw new TopologyError(
      'TOPOLOGY_UNUSED_GLOBAL_TABLE',
      `global table ${name} is named by no processor, but would be held in memory. ` +
        'Name it in globalTables of a processor, or remove it.',
      { node: name },
    )
  }
}
