import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededChoice } from '../../runtime/forced-misses.ts'
import type { SourceRecord } from '../../topology/record.ts'
import { ExecutorUnderTest, sourceRecord } from '../support/executor-under-test.ts'
import { NaiveTopology, type NaiveRecord } from '../support/naive-topology.ts'
import { buildGraph, graphs, storeOf, type Graph } from '../support/random-graphs.ts'

/** How often the cases that matter came up: a property that never meets them proves nothing. */
const met = { misses: 0, failures: 0, punctuations: 0, outputs: 0 }

const batchesOf = fc.array(
  fc.array(
    fc.record({
      source: fc.nat(1),
      value: fc.nat(50),
      key: fc.nat(3),
      stepMs: fc.integer({ min: -9, max: 30 }),
    }),
    { maxLength: 8 },
  ),
  { minLength: 1, maxLength: 6 },
)

const runs = fc.record({
  graph: graphs,
  batches: batchesOf,
  missSeed: fc.nat(),
  missProbability: fc.constantFrom(0, 0.2, 0.5, 1),
  cacheBytesMax: fc.constantFrom(0, 200, 1_000_000),
})

interface Seen {
  readonly outputs: { readonly [topic: string]: readonly unknown[] }
  readonly rows: { readonly [store: string]: { readonly [key: string]: unknown } }
  readonly counters: { readonly [name: string]: number }
  readonly failures: readonly string[]
  readonly streamTimeMs: number
}

test('batches with random misses and failures equal record by record, depth first', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ batches, graph, ...options }) => {
      const records = recordsOf(graph, batches)
      expect(await runReal(graph, records, options)).toEqual(runNaive(graph, records))
    }),
    { numRuns: 400 },
  )
  for (const [what, times] of Object.entries(met)) {
    expect(times, `${what} met by the random graphs`).toBeGreaterThan(100)
  }
})

function recordsOf(
  graph: Graph,
  batches: readonly (readonly { source: number; value: number; key: number; stepMs: number }[])[],
): NaiveRecord[][] {
  let offset = 0
  let timestampMs = 0
  return batches.map((batch) =>
    batch.map(({ key, source, stepMs, value }) => {
      timestampMs = Math.max(0, timestampMs + stepMs)
      const name = graph.sources[source % graph.sources.length]!
      return { source: name, offset: offset++, key: `k${key}`, value, timestampMs }
    }),
  )
}

function runNaive(graph: Graph, batches: readonly NaiveRecord[][]): Seen {
  const naive = new NaiveTopology(graph)
  for (const batch of batches) naive.runBatch(batch)
  const { counters, outputs, rows } = naive.state
  met.failures += naive.failures.length
  met.outputs += outputs.length
  met.punctuations += outputs.filter(({ key }) => key === 'tick').length
  const byTopic: Record<string, unknown[]> = {}
  for (const { topic, ...record } of outputs) (byTopic[topic] ??= []).push(record)
  return {
    outputs: byTopic,
    rows: Object.fromEntries(
      graph.nodes.map(({ name }) => [storeOf(name), rows[storeOf(name)] ?? {}]),
    ),
    counters: withoutZeros(counters),
    failures: naive.failures,
    streamTimeMs: naive.streamTimeMs,
  }
}

async function runReal(
  graph: Graph,
  batches: readonly NaiveRecord[][],
  options: { missSeed: number; missProbability: number; cacheBytesMax: number },
): Promise<Seen> {
  const topology = buildGraph(graph)
  const under = await ExecutorUnderTest.open(topology, {
    cacheBytesMax: options.cacheBytesMax,
    misses: seededChoice(options.missSeed, options.missProbability),
  })
  for (const batch of batches) {
    const records = batch.map(toSourceRecord)
    await under.executor.prefetch(records)
    met.misses += await under.run(records)
    await under.endBatch()
  }
  const { sinks, stores } = topology.subTopologies[0]!
  const outputs = sinks.map(({ topic }) => [topic, under.sent(topic)] as const)
  const rows = stores.map(async ({ name }) => {
    return [name, Object.fromEntries(await under.rows(name))] as const
  })
  return {
    outputs: Object.fromEntries(outputs.filter(([, sent]) => sent.length > 0)),
    rows: Object.fromEntries(await Promise.all(rows)),
    counters: withoutZeros(Object.fromEntries(under.counters)),
    failures: under.failures.map(({ error, record }) => {
      const what = record === null ? undefined : `${record.source} ${record.offset}`
      return `${what ?? doingOf(error.message)}: ${error.node}: ${naiveWords(error.cause)}`
    }),
    streamTimeMs: under.executor.streamTimeMs,
  }
}

function toSourceRecord({ key, offset, source, timestampMs, value }: NaiveRecord): SourceRecord {
  return sourceRecord(offset, value, { source, topic: source, key, timestampMs })
}

function doingOf(message: string): string {
  return message.includes('punctuation') ? 'punctuation' : 'batch end'
}

/** The naive topology says in fewer words what a processor did wrong. */
function naiveWords(cause: unknown): string {
  const { message } = cause as Error
  if (message.includes('no batchEnd')) return 'no batchEnd'
  return message.includes('within its own') ? 'within its own batchEnd' : message
}

/** Misses are the executor's own, and a counter of nothing is no counter. */
function withoutZeros(counters: { readonly [name: string]: number }): { [name: string]: number } {
  return Object.fromEntries(
    Object.entries(counters).filter(([name, value]) => value !== 0 && !name.endsWith('/misses')),
  )
}
