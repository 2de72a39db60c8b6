import {
  childrenOf,
  groupKey,
  mixed,
  rowKey,
  storeOf,
  type Graph,
  type NodeProgram,
  type Step,
} from './random-graphs.ts'

export interface NaiveRecord {
  readonly source: string
  readonly offset: number
  readonly key: string | null
  readonly value: number
  readonly timestampMs: number
}

interface Flowing {
  readonly key: string | null
  readonly value: number
  readonly timestampMs: number
}

/** Everything that can be seen of a run, as plain data. */
export interface NaiveState {
  outputs: { topic: string; key: string | null; value: string; timestampMs: number }[]
  rows: { [store: string]: { [key: string]: number } }
  counters: { [name: string]: number }
  asked: { [node: string]: string[] }
}

/**
 * Runs a graph as plainly as can be said: one record after the other, depth first, no cache, no
 * batches of reads. Before each record everything is copied, and the copy is taken back when the
 * record throws.
 */
export class NaiveTopology {
  state: NaiveState = { outputs: [], rows: {}, counters: {}, asked: {} }
  /** The node that failed and the record's source and offset, or what it was doing. */
  readonly failures: string[] = []
  streamTimeMs = -1
  readonly #graph: Graph
  readonly #punctuatedMs = new Map<string, number>()
  #running = ''
  #ending: string | null = null

  constructor(graph: Graph) {
    this.#graph = graph
  }

  runBatch(records: readonly NaiveRecord[]): void {
    for (const record of records) {
      this.#attempt(`${record.source} ${record.offset}`, () => {
        for (const child of childrenOf(this.#graph, record.source)) this.#receive(child, record)
      })
      this.streamTimeMs = Math.max(this.streamTimeMs, record.timestampMs)
      this.#punctuate()
    }
    for (const { batchEndSteps, name } of this.#graph.nodes) {
      for (const key of [...new Set(this.state.asked[name] ?? [])].sort()) {
        this.#ending = name
        this.#attempt('batch end', () => {
          const record = { key, value: key.length, timestampMs: this.streamTimeMs }
          this.#running = name
          this.#run(name, batchEndSteps!, record)
        })
        this.#ending = null
      }
      this.state.asked[name] = []
    }
  }

  #punctuate(): void {
    for (const { name, punctuationMs, punctuationSteps } of this.#graph.nodes) {
      if (punctuationMs === null) continue
      const now = this.streamTimeMs
      const last = this.#punctuatedMs.get(name) ?? -1
      let multipleBetween = false
      for (let time = last + 1; time <= now; time++) {
        if (time % punctuationMs === 0) multipleBetween = true
      }
      if (!multipleBetween) continue
      this.#punctuatedMs.set(name, now)
      this.#attempt('punctuation', () => {
        this.#running = name
        this.#run(name, punctuationSteps, { key: 'tick', value: now, timestampMs: now })
      })
    }
  }

  #attempt(what: string, run: () => void): void {
    const before = structuredClone(this.state)
    try {
      run()
    } catch (error) {
      this.state = before
      this.#add(`${this.#running}/errors`, 1)
      this.failures.push(`${what}: ${this.#running}: ${(error as Error).message}`)
    }
  }

  #receive(name: string, record: Flowing): void {
    const caller = this.#running
    this.#running = name
    const node = this.#graph.nodes.find((candidate) => candidate.name === name)
    if (node !== undefined) this.#run(name, node.steps, record)
    else {
      const { key, timestampMs, value } = record
      this.state.outputs.push({ topic: name, key, value: String(value), timestampMs })
    }
    this.#running = caller
  }

  #run(name: string, steps: readonly Step[], record: Flowing): void {
    let { value } = record
    for (const step of steps) value = this.#step(name, step, { ...record, value })
  }

  #step(name: string, step: Step, record: Flowing): number {
    const { value } = record
    const rows = (this.state.rows[storeOf(name)] ??= {})
    switch (step.kind) {
      case 'add-row': {
        const key = rowKey(step.key, value)
        return (rows[key] = mixed(value, rows[key] ?? 0))
      }
      case 'delete-row':
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- plainness is the point
        delete rows[rowKey(step.key, value)]
        return value
      case 'sum-group': {
        const group = groupKey(step.group, value)
        const keys = Object.keys(rows).filter((key) => key.startsWith(group))
        return keys.sort().reduce((sum, key) => mixed(sum, rows[key]! + key.charCodeAt(1)), value)
      }
      case 'read-guarded':
        return mixed(value, rows[rowKey(step.key, value)] ?? 0)
      case 'forward': {
        const children = childrenOf(this.#graph, name)
        const chosen = step.child === null ? undefined : children[step.child % children.length]
        for (const child of chosen === undefined ? children : [chosen]) this.#receive(child, record)
        return mixed(value, 7)
      }
      case 'count':
        this.#add(`${name}/c${step.counter}`, value % 5)
        return value
      case 'at-batch-end':
        this.#ask(name, rowKey(step.key, value))
        return value
      case 'throw':
        if (value % step.modulus === step.remainder) throw new Error(`thrown at ${value}`)
        return value
    }
  }

  #ask(name: string, key: string): void {
    const node = this.#graph.nodes.find((candidate): candidate is NodeProgram => {
      return candidate.name === name
    })!
    if (node.batchEndSteps === null) throw new Error('no batchEnd')
    if (this.#ending === name) throw new Error('within its own batchEnd')
    ;(this.state.asked[name] ??= []).push(key)
  }

  #add(counter: string, by: number): void {
    this.state.counters[counter] = (this.state.counters[counter] ?? 0) + by
  }
}
