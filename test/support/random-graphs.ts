import fc from 'fast-check'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { rawValue } from '../../broker/record-batch/record-fields.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { Processor, ProcessorContext } from '../../topology/processor.ts'
import type { Record } from '../../topology/record.ts'
import type { KeyValueStore, StoreSpec } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'

/**
 * Random topologies of processors that do random things.
 *
 * What a node does is a list of steps over a number that begins as the record's value, so that
 * the same list can be run by a real processor and, elsewhere, by a naive interpreter.
 */
export type Step =
  /** Adds the row under a key to the number and stores the sum there. */
  | { readonly kind: 'add-row'; readonly key: number }
  | { readonly kind: 'delete-row'; readonly key: number }
  /** Adds all rows of a group to the number. */
  | { readonly kind: 'sum-group'; readonly group: number }
  /** As `add-row`, but catches whatever the read throws. */
  | { readonly kind: 'read-guarded'; readonly key: number }
  /** Forwards the number, to all children or to one. */
  | { readonly kind: 'forward'; readonly child: number | null }
  | { readonly kind: 'count'; readonly counter: number }
  | { readonly kind: 'at-batch-end'; readonly key: number }
  /** Throws when the number leaves the remainder. */
  | { readonly kind: 'throw'; readonly modulus: number; readonly remainder: number }

export interface NodeProgram {
  readonly name: string
  readonly parents: readonly string[]
  readonly steps: readonly Step[]
  /** Null: no punctuation. */
  readonly punctuationMs: number | null
  readonly punctuationSteps: readonly Step[]
  /** Null: no `batchEnd`. */
  readonly batchEndSteps: readonly Step[] | null
  readonly hasSink: boolean
}

export interface Graph {
  readonly sources: readonly string[]
  /** Parents before children. */
  readonly nodes: readonly NodeProgram[]
}

export const storeOf = (node: string): string => `${node}-rows`
export const sinkOf = (node: string): string => `${node}-sink`

/** Children in the order in which they are declared: processors first, then the sink. */
export function childrenOf(graph: Graph, name: string): string[] {
  const children = graph.nodes.filter(({ parents }) => parents.includes(name))
  const own = graph.nodes.find((node) => node.name === name)
  return [...children.map((child) => child.name), ...(own?.hasSink === true ? [sinkOf(name)] : [])]
}

/** Keys and groups depend on the number, so reads cannot be foreseen. Groups: the first letter. */
export function rowKey(key: number, number: number): string {
  const at = Math.abs(key + number) % 6
  return `${'abc'[at % 3]!}${at}`
}

export function groupKey(group: number, number: number): string {
  return 'abc'[Math.abs(group + number) % 3]!
}

/** Keeps numbers small, and different along every path. */
export function mixed(number: number, by: number): number {
  return (number * 3 + by + 1) % 1009
}

const smallInt = fc.nat(20)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('add-row' as const), key: smallInt }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete-row' as const), key: smallInt }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sum-group' as const), group: smallInt }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('read-guarded' as const), key: smallInt }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('forward' as const),
      child: fc.option(fc.nat(3), { nil: null }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('count' as const), counter: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('at-batch-end' as const), key: smallInt }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('throw' as const),
      modulus: fc.integer({ min: 2, max: 9 }),
      remainder: fc.nat(8),
    }),
  },
)

const steps = fc.array(step, { maxLength: 5 })

const nodeFields = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 6 }),
  punctuationMs: fc.option(fc.integer({ min: 5, max: 40 }), { nil: null }),
  punctuationSteps: steps,
  batchEndSteps: fc.option(steps, { nil: null }),
  hasSink: fc.boolean(),
  parentChoices: fc.array(fc.nat(100), { minLength: 1, maxLength: 3 }),
})

export const graphs: fc.Arbitrary<Graph> = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.array(nodeFields, { minLength: 1, maxLength: 6 }))
  .map(([sourceCount, fields]) => {
    const sources = ['s0', 's1'].slice(0, sourceCount)
    const nodes = fields.map(({ parentChoices, ...node }, i): NodeProgram => {
      const earlier = [...sources, ...Array.from({ length: i }, (_, n) => `n${n}`)]
      const chosen = parentChoices.map((choice) => earlier[choice % earlier.length]!)
      // The first node takes all sources, so that the graph is one sub-topology.
      return { ...node, name: `n${i}`, parents: i === 0 ? sources : [...new Set(chosen)] }
    })
    return { sources, nodes }
  })

const numberStore = (name: string): StoreSpec<number> => ({
  name,
  codec: {
    encode: (value: number, into: ByteWriter) => into.varint(value),
    decode: (from: ByteReader) => from.varint(),
  },
  groupOf: (key) => key.slice(0, 1),
})

/** The graph as a user would build it. */
export function buildGraph(graph: Graph): BuiltTopology {
  const topology = new Topology()
  for (const source of graph.sources) {
    topology.addSource(source, {
      topics: [source],
      deserializer: (raw) => Number(rawValue(raw)),
      prefetch: (value, _key, touch) => {
        touch.key(storeOf('n0'), rowKey(0, value))
        return false
      },
    })
  }
  for (const node of graph.nodes) {
    const { name, parents, punctuationMs } = node
    topology.addProcessor(name, () => programmed(graph, node), {
      parents,
      stores: [numberStore(storeOf(name))],
      ...(punctuationMs === null
        ? {}
        : { punctuation: { clock: 'stream-time', intervalMs: punctuationMs } }),
    })
  }
  for (const { hasSink, name } of graph.nodes) {
    if (!hasSink) continue
    topology.addSink(sinkOf(name), {
      parents: [name],
      topic: sinkOf(name),
      serializer: (value: number) => Buffer.from(String(value)),
    })
  }
  return topology.build()
}

type Numbers = Processor<number, number>

function programmed(graph: Graph, node: NodeProgram): Numbers {
  const children = childrenOf(graph, node.name)
  let store!: KeyValueStore<number>
  const run = (
    list: readonly Step[],
    from: Record<number>,
    context: ProcessorContext<number>,
  ): void => {
    let { value } = from
    for (const each of list) value = runStep(each, { ...from, value }, store, children, context)
  }
  const processor: Numbers = {
    init: (context) => void (store = context.store(storeOf(node.name))),
    process: (record, context) => run(node.steps, record, context),
  }
  if (node.punctuationMs !== null) {
    processor.punctuate = (timeMs, context) =>
      run(node.punctuationSteps, { key: 'tick', value: timeMs, timestampMs: timeMs }, context)
  }
  const { batchEndSteps } = node
  if (batchEndSteps !== null) {
    processor.batchEnd = (key, context) =>
      run(batchEndSteps, { key, value: key.length, timestampMs: context.streamTimeMs }, context)
  }
  return processor
}

/** @returns the number after the step */
function runStep(
  each: Step,
  record: Record<number>,
  store: KeyValueStore<number>,
  children: readonly string[],
  context: ProcessorContext<number>,
): number {
  const { value } = record
  switch (each.kind) {
    case 'add-row': {
      const key = rowKey(each.key, value)
      const sum = mixed(value, store.get(key) ?? 0)
      store.put(key, sum)
      return sum
    }
    case 'delete-row':
      store.delete(rowKey(each.key, value))
      return value
    case 'sum-group':
      return store
        .group(groupKey(each.group, value))
        .reduce((sum, [key, row]) => mixed(sum, row + key.charCodeAt(1)), value)
    case 'read-guarded':
      try {
        return mixed(value, store.get(rowKey(each.key, value)) ?? 0)
      } catch {
        return value
      }
    case 'forward':
      if (each.child === null || children.length === 0) context.forward(record)
      else context.forward(record, children[each.child % children.length])
      return mixed(value, 7)
    case 'count':
      context.count(`c${each.counter}`, value % 5)
      return value
    case 'at-batch-end':
      context.atBatchEnd(rowKey(each.key, value))
      return value
    case 'throw':
      if (value % each.modulus === each.remainder) throw new Error(`thrown at ${value}`)
      return value
  }
}
