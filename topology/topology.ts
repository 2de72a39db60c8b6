import type { Declaration, DeclaredSource } from './declarations.ts'
import { TopologyError } from './errors.ts'
import { checkGraph } from './graph-checks.ts'
import { checkName, checkTopic } from './names.ts'
import type { BuiltTopology } from './nodes.ts'
import type {
  GlobalTableOptions,
  ProcessorOptions,
  RepartitionOptions,
  SinkOptions,
  SourceOptions,
} from './options.ts'
import type { ProcessorSupplier } from './processor.ts'
import { assembleTopology } from './sub-topologies.ts'
import { TopicPattern } from './topic-pattern.ts'

/**
 * Builds a topology: sources, processors, sinks, repartitions and global tables, each named by
 * hand.
 *
 * B1. Nodes may be declared in any order: a parent may follow its child, which is what a re-key
 *     loop through a repartition needs.
 * B2. A declaration is checked by itself when it is added, the whole by `build`; every error is
 *     a {@link TopologyError} that says what, where and how to mend it.
 *
 * ```ts
 * const topology = new Topology()
 *   .addSource('sessions', { topics: ['session'], deserializer: decodeSession })
 *   .addProcessor('count', () => new CountSessions(), {
 *     parents: ['sessions'],
 *     stores: [sessionCounts],
 *   })
 *   .addSink('counts', { parents: ['count'], topic: 'session-count', serializer: encodeCount })
 *   .build()
 * ```
 */
export class Topology {
  readonly #declarations = new Map<string, Declaration>()

  /** Reads topics of the outside. */
  addSource<V>(name: string, options: SourceOptions<V>): this {
    checkName('node', name, 'addSource')
    checkPositive(name, 'partitions', options.partitions)
    return this.#add({
      kind: 'source',
      name,
      options: options as SourceOptions<unknown>,
      ...readTopics(name, options.topics),
    })
  }

  /** @param supplier called once per task: processors of different tasks share nothing */
  addProcessor<In, Out>(
    name: string,
    supplier: ProcessorSupplier<In, Out>,
    options: ProcessorOptions,
  ): this {
    checkName('node', name, 'addProcessor')
    checkProcessor(name, options)
    return this.#add({
      kind: 'processor',
      name,
      supplier: supplier,
      options,
    })
  }

  /**
   * Writes a topic of the outside, partitioned by key. Its parents become one sub-topology; for
   * parents that are to stay apart add a sink each, of the same topic.
   */
  addSink<V>(name: string, options: SinkOptions<V>): this {
    checkName('node', name, 'addSink')
    checkTopic(options.topic, name)
    return this.#add({ kind: 'sink', name, options: options as SinkOptions<unknown> })
  }

  /**
   * Sends records through an internal topic, so that they arrive at the task that owns their key.
   * Parents write it, nodes that name it as parent read it. Not a cycle when they are the same.
   * Its parents become one sub-topology, as a sink's do.
   */
  addRepartition<V>(name: string, options: RepartitionOptions<V>): this {
    checkName('node', name, 'addRepartition')
    checkPositive(name, 'partitions', options.partitions)
    return this.#add({ kind: 'repartition', name, options: options as RepartitionOptions<unknown> })
  }

  /** Keeps a whole topic in memory on every instance; processors name it in `globalTables`. */
  addGlobalTable<V>(name: string, options: GlobalTableOptions<V>): this {
    checkName('node', name, 'addGlobalTable')
    checkTopic(options.topic, name)
    return this.#add({ kind: 'global-table', name, options })
  }

  /** @throws {TopologyError} the nodes do not make a topology */
  build(): BuiltTopology {
    checkGraph(this.#declarations)
    return assembleTopology(this.#declarations)
  }

  #add(declaration: Declaration): this {
    const { kind, name } = declaration
    const former = this.#declarations.get(name)
    if (former !== undefined) {
      throw new TopologyError(
        'TOPOLOGY_DUPLICATE_NODE',
        `${kind} ${name}: a ${former.kind} of this name was declared before. Name one otherwise.`,
        { node: name },
      )
    }
    this.#declarations.set(name, declaration)
    return this
  }
}

function readTopics(
  name: string,
  topics: SourceOptions<unknown>['topics'],
): Pick<DeclaredSource, 'pattern' | 'topics'> {
  if ('pattern' in topics) return { topics: [], pattern: new TopicPattern(topics.pattern, name) }
  if (topics.length === 0) {
    throw new TopologyError(
      'TOPOLOGY_INVALID_OPTION',
      `source ${name} has no topics. Name at least one, or give a pattern.`,
      { node: name },
    )
  }
  for (const topic of topics) checkTopic(topic, name)
  return { topics: [...topics], pattern: null }
}

function checkProcessor(name: string, options: ProcessorOptions): void {
  for (const store of options.stores ?? []) checkName('store', store.name, `processor ${name}`)
  checkPositive(name, 'punctuation.intervalMs', options.punctuation?.intervalMs)
}

function checkPositive(node: string, option: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return
  throw new TopologyError(
    'TOPOLOGY_INVALID_OPTION',
    `node ${node}: ${option} is ${value}, expected a whole number of at least 1.`,
    { node },
  )
}
