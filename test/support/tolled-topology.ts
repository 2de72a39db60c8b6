import type { BuiltTopology } from '../../topology/nodes.ts'
import type { Processor, ProcessorContext, ProcessorSupplier } from '../../topology/processor.ts'
import type { KeyValueStore } from '../../topology/store.ts'

/** What processors ask of their stores and send to their children, by processor. */
export class Tolls {
  readonly #byNode = new Map<string, number>()

  add(node: string, by: number): void {
    this.#byNode.set(node, (this.#byNode.get(node) ?? 0) + by)
  }

  /** Since the last call. */
  take(): Map<string, number> {
    const taken = new Map(this.#byNode)
    this.#byNode.clear()
    return taken
  }
}

/**
 * The topology, with every processor paying a toll: one a row read, listed, put or deleted, one a
 * group listed, and one a record sent on.
 */
export function tolledTopology(topology: BuiltTopology, tolls: Tolls): BuiltTopology {
  const subTopologies = topology.subTopologies.map((subTopology) => {
    const processors = subTopology.processors.map((node) => {
      const pay = (by: number) => {
        tolls.add(node.name, by)
      }
      return { ...node, supplier: tolledSupplier(node.supplier, pay) }
    })
    return { ...subTopology, processors }
  })
  return { ...topology, subTopologies }
}

type Pay = (by: number) => void

function tolledSupplier<In, Out>(
  supplier: ProcessorSupplier<In, Out>,
  pay: Pay,
): ProcessorSupplier<In, Out> {
  return () => {
    const processor = supplier()
    let tolled: ProcessorContext<Out> | null = null
    const of = (context: ProcessorContext<Out>) => (tolled ??= tolledContext(context, pay))
    return {
      init: (context) => processor.init?.(of(context)),
      process: (record, context) => {
        processor.process(record, of(context))
      },
      // A node without a schedule must not seem to have the method.
      ...(processor.punctuate === undefined
        ? {}
        : { punctuate: (timeMs, context) => processor.punctuate!(timeMs, of(context)) }),
      ...(processor.batchEnd === undefined
        ? {}
        : { batchEnd: (key, context) => processor.batchEnd!(key, of(context)) }),
    } satisfies Processor<In, Out>
  }
}

function tolledContext<Out>(context: ProcessorContext<Out>, pay: Pay): ProcessorContext<Out> {
  const tolled = {
    forward: (...sent: Parameters<ProcessorContext<Out>['forward']>) => {
      pay(1)
      context.forward(...sent)
    },
    store: (name: string) => tolledStore(context.store<never>(name), pay),
  }
  return new Proxy(context, {
    get: (target, name) => {
      if (name === 'forward' || name === 'store') return tolled[name]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function tolledStore<V>(store: KeyValueStore<V>, pay: Pay): KeyValueStore<V> {
  const paid = <T>(by: number, result: T): T => {
    pay(by)
    return result
  }
  return {
    get: (key) => paid(1, store.get(key)),
    getAll: (keys) => paid(keys.length, store.getAll(keys)),
    put: (key, value) => {
      pay(1)
      store.put(key, value)
    },
    delete: (key) => {
      pay(1)
      store.delete(key)
    },
    group: (group) => {
      const rows = store.group(group)
      return paid(rows.length + 1, rows)
    },
    groupAll: (groups) => {
      const all = store.groupAll(groups)
      return paid(groups.length + all.flat().length, all)
    },
  }
}
