import { expect, test } from 'vitest'
import { describe } from '../../topology/describe.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import { Topology } from '../../topology/topology.ts'
import { decodeText, encodeText, pass, textStore } from '../support/tiny-topologies.ts'

const serdes = { serializer: encodeText, deserializer: decodeText }

/** One of everything that a description can show. */
function everything(): BuiltTopology {
  const tick = () => ({ ...pass(), punctuate: () => undefined })
  return new Topology()
    .addSource('sessions', { topics: ['session', 'session.old'], deserializer: decodeText })
    .addSource('events', { topics: { pattern: 'event\\.[^"<]+' }, deserializer: decodeText })
    .addProcessor('re-key', pass, {
      parents: ['sessions', 'events', 'misplaced'],
      stores: [textStore('seen'), textStore('links')],
    })
    .addRepartition('misplaced', { ...serdes, parents: ['re-key'] })
    .addRepartition('features', { ...serdes, parents: ['re-key'], partitions: 1 })
    .addGlobalTable('rules', { topic: 'rule', deserializer: decodeText })
    .addProcessor('cluster', tick, {
      parents: ['features'],
      stores: [textStore('clusters')],
      globalTables: ['rules'],
      punctuation: { clock: 'stream-time', intervalMs: 60_000 },
    })
    .addProcessor('log', pass, { parents: ['cluster'] })
    .addSink('formed', { parents: ['cluster'], topic: 'cluster.formed', serializer: encodeText })
    .build()
}

const written = describe(everything())

test('writes a topology as text', async () => {
  await expect(written.text).toMatchFileSnapshot('golden/describe-text.txt')
})

test('writes a topology as JSON with keys in a fixed order', async () => {
  const json = `${JSON.stringify(written.json, null, 2)}\n`
  await expect(json).toMatchFileSnapshot('golden/describe-json.txt')
})

test('writes a topology for Graphviz', async () => {
  await expect(written.dot).toMatchFileSnapshot('golden/describe-dot.txt')
})

test('writes a topology for Mermaid', async () => {
  await expect(written.mermaid).toMatchFileSnapshot('golden/describe-mermaid.txt')
})

test('says the same of the same topology built again', () => {
  expect(describe(everything())).toEqual(written)
})

test('every edge of a drawing joins two vertices that are declared once', () => {
  const declared = [...written.dot.matchAll(/^ +("[^"]+(?:\\"[^"]*)*") \[shape/gm)].map((m) => m[1])
  const joined = [...written.dot.matchAll(/^ +(".*") -> (".*?")(?: \[|$)/gm)]
  expect(new Set(declared).size).toBe(declared.length)
  expect(joined.length).toBeGreaterThan(10)
  for (const [, from, to] of joined) {
    expect(declared).toContain(from)
    expect(declared).toContain(to)
  }
})
