import { expect, test } from 'vitest'
import { TopologyError } from '../../topology/errors.ts'
import { Topology } from '../../topology/topology.ts'
import { decodeText, encodeText, pass, textStore } from '../support/tiny-topologies.ts'

const source = { topics: ['in'], deserializer: decodeText }
const serdes = { serializer: encodeText, deserializer: decodeText }
const out = { topic: 'out', serializer: encodeText }

/** A source `in` and a processor `work`, to be completed. */
function begun(): Topology {
  return new Topology().addSource('in', source).addProcessor('work', pass, { parents: ['in'] })
}

function errorOf(build: () => unknown): TopologyError {
  try {
    build()
  } catch (error) {
    if (error instanceof TopologyError) return error
    throw error
  }
  throw new Error('no error was thrown')
}

const names = ({ name }: { name: string }) => name

test('nodes that no edge joins are different sub-topologies, in order of declaration', () => {
  const { subTopologies } = new Topology()
    .addSource('b', { ...source, topics: ['b'] })
    .addSource('a', { ...source, topics: ['a'] })
    .addProcessor('of-a', pass, { parents: ['a'], stores: [textStore('s')] })
    .addProcessor('of-b', pass, { parents: ['b'] })
    .addSink('out-of-b', { ...out, parents: ['of-b'] })
    .build()

  expect(subTopologies.map(({ id, sources }) => [id, sources.map(names)])).toEqual([
    [0, ['b']],
    [1, ['a']],
  ])
  expect(subTopologies[0]!.sinks.map(names)).toEqual(['out-of-b'])
  expect([...subTopologies[1]!.storeOwners]).toEqual([['s', 'of-a']])
})

test('a common child joins what its parents are in', () => {
  const { subTopologies } = new Topology()
    .addSource('a', { ...source, topics: ['a'] })
    .addSource('b', { ...source, topics: ['b'] })
    .addProcessor('join', pass, { parents: ['a', 'b'] })
    .build()

  expect(subTopologies.map(({ sources }) => sources.map(names))).toEqual([['a', 'b']])
})

test('a repartition ends one sub-topology and starts another', () => {
  const { subTopologies } = begun()
    .addRepartition('by-user', { ...serdes, parents: ['work'] })
    .addProcessor('count', pass, { parents: ['by-user'] })
    .build()

  expect(subTopologies).toHaveLength(2)
  expect(subTopologies[0]!.sinks).toMatchObject([{ name: 'by-user', isRepartition: true }])
  expect(subTopologies[1]!.sources).toMatchObject([{ name: 'by-user', isRepartition: true }])
  expect(subTopologies[1]!.sources[0]!.children).toEqual(['count'])
})

test('a processor may feed the repartition that it reads', () => {
  const { subTopologies } = new Topology()
    .addSource('in', source)
    .addProcessor('work', pass, { parents: ['in', 'misplaced'] })
    .addRepartition('misplaced', { ...serdes, parents: ['work'] })
    .build()

  expect(subTopologies).toHaveLength(1)
  expect(subTopologies[0]!.sources.map(names)).toEqual(['in', 'misplaced'])
  expect(subTopologies[0]!.sinks.map(names)).toEqual(['misplaced'])
})

test('processors are listed parents first, whatever the order of declaration', () => {
  const { subTopologies } = new Topology()
    .addProcessor('last', pass, { parents: ['middle', 'first'] })
    .addProcessor('middle', pass, { parents: ['first'] })
    .addProcessor('first', pass, { parents: ['in'] })
    .addSource('in', source)
    .build()

  expect(subTopologies[0]!.processors.map(names)).toEqual(['first', 'middle', 'last'])
})

test('what was built is frozen and does not follow the builder', () => {
  const builder = begun()
  const built = builder.build()
  builder.addSink('out', { ...out, parents: ['work'] })

  expect(built.subTopologies[0]!.sinks).toEqual([])
  const [subTopology] = built.subTopologies
  for (const part of [
    built,
    built.subTopologies,
    subTopology,
    subTopology!.processors,
    subTopology!.processors[0],
    subTopology!.sources[0],
    subTopology!.sources[0]!.children,
  ]) {
    expect(Object.isFrozen(part)).toBe(true)
  }
})

test('a pattern is matched against whole topic names', () => {
  const { subTopologies } = new Topology()
    .addSource('in', { topics: { pattern: 'event\\.[a-z]+' }, deserializer: decodeText })
    .addProcessor('work', pass, { parents: ['in'] })
    .build()

  const matching = subTopologies[0]!.sources[0]!.matching([
    'event.b',
    'event.a',
    'my.event.a',
    'event.a.b',
    'eventxa',
  ])
  expect(matching).toEqual(['event.a', 'event.b'])
})

test('a pattern that would take a backtracking engine years is matched at once', () => {
  const { subTopologies } = new Topology()
    .addSource('in', { topics: { pattern: '(a+)+b' }, deserializer: decodeText })
    .addProcessor('work', pass, { parents: ['in'] })
    .build()

  expect(subTopologies[0]!.sources[0]!.matching(['a'.repeat(249)])).toEqual([])
})

/** Every way to get it wrong: code, what the message must name, and the topology. */
const mistakes: [code: string, names: RegExp, build: () => unknown][] = [
  ['TOPOLOGY_EMPTY', /no nodes/, () => new Topology().build()],
  ['TOPOLOGY_INVALID_NAME', /addSource: ""/, () => new Topology().addSource('', source)],
  ['TOPOLOGY_INVALID_NAME', /" "/, () => begun().addProcessor(' ', pass, { parents: ['in'] })],
  ['TOPOLOGY_INVALID_NAME', /"a\/b"/, () => begun().addSink('a/b', { ...out, parents: ['in'] })],
  ['TOPOLOGY_INVALID_NAME', /aaa…"/, () => new Topology().addSource('a'.repeat(200), source)],
  [
    'TOPOLOGY_INVALID_NAME',
    /processor work: "" is not a name for a store/,
    () => new Topology().addProcessor('work', pass, { parents: ['in'], stores: [textStore('')] }),
  ],
  [
    'TOPOLOGY_INVALID_NAME',
    /node in: "a b" is not a topic name/,
    () => new Topology().addSource('in', { ...source, topics: ['a b'] }),
  ],
  [
    'TOPOLOGY_INVALID_NAME',
    /node out: "\.\."/,
    () => begun().addSink('out', { ...out, topic: '..', parents: ['work'] }),
  ],
  [
    'TOPOLOGY_INVALID_NAME',
    /node t: ""/,
    () => begun().addGlobalTable('t', { ...source, topic: '' }),
  ],
  [
    'TOPOLOGY_INVALID_OPTION',
    /source in has no topics/,
    () => new Topology().addSource('in', { ...source, topics: [] }),
  ],
  [
    'TOPOLOGY_INVALID_OPTION',
    /node r: partitions is 0/,
    () => begun().addRepartition('r', { ...serdes, parents: ['work'], partitions: 0 }),
  ],
  [
    'TOPOLOGY_INVALID_OPTION',
    /node p: punctuation.intervalMs is NaN/,
    () =>
      begun().addProcessor('p', pass, {
        parents: ['work'],
        punctuation: { clock: 'wall-clock', intervalMs: NaN },
      }),
  ],
  [
    'TOPOLOGY_INVALID_PATTERN',
    /source in: "\(a" is not a topic pattern.*missing closing/,
    () => new Topology().addSource('in', { ...source, topics: { pattern: '(a' } }),
  ],
  [
    'TOPOLOGY_INVALID_PATTERN',
    /look-around/,
    () => new Topology().addSource('in', { ...source, topics: { pattern: '(?=a)' } }),
  ],
  [
    'TOPOLOGY_DUPLICATE_NODE',
    /sink work: a processor of this name/,
    () => begun().addSink('work', { ...out, parents: ['in'] }),
  ],
  [
    'TOPOLOGY_DUPLICATE_NODE',
    /global-table in: a source/,
    () => begun().addGlobalTable('in', { ...source, topic: 't' }),
  ],
  [
    'TOPOLOGY_NO_PARENTS',
    /sink out has no parents/,
    () =>
      begun()
        .addSink('out', { ...out, parents: [] })
        .build(),
  ],
  [
    'TOPOLOGY_NO_PARENTS',
    /repartition r has no parents/,
    () =>
      begun()
        .addRepartition('r', { ...serdes, parents: [] })
        .build(),
  ],
  [
    'TOPOLOGY_UNKNOWN_PARENT',
    /sink out: no node is named "wrok". Possible parents: in, work\./,
    () =>
      begun()
        .addSink('out', { ...out, parents: ['wrok'] })
        .build(),
  ],
  [
    'TOPOLOGY_INVALID_PARENT',
    /processor p has the sink out as parent/,
    () =>
      begun()
        .addSink('out', { ...out, parents: ['work'] })
        .addProcessor('p', pass, { parents: ['out'] })
        .build(),
  ],
  [
    'TOPOLOGY_INVALID_PARENT',
    /processor p has the global table t as parent/,
    () =>
      begun()
        .addGlobalTable('t', { ...source, topic: 't' })
        .addProcessor('p', pass, { parents: ['t'] })
        .build(),
  ],
  [
    'TOPOLOGY_INVALID_PARENT',
    /sink out names parent work twice/,
    () =>
      begun()
        .addSink('out', { ...out, parents: ['work', 'work'] })
        .build(),
  ],
  [
    'TOPOLOGY_NO_CHILDREN',
    /source in has no children/,
    () => new Topology().addSource('in', source).build(),
  ],
  [
    'TOPOLOGY_NO_CHILDREN',
    /repartition r has no children/,
    () =>
      begun()
        .addRepartition('r', { ...serdes, parents: ['work'] })
        .build(),
  ],
  [
    'TOPOLOGY_CYCLE',
    /the nodes a → b → a form a cycle/,
    () =>
      begun()
        .addProcessor('a', pass, { parents: ['work', 'b'] })
        .addProcessor('b', pass, { parents: ['a'] })
        .build(),
  ],
  [
    'TOPOLOGY_CYCLE',
    /the nodes a → a form a cycle/,
    () =>
      begun()
        .addProcessor('a', pass, { parents: ['a'] })
        .build(),
  ],
  [
    'TOPOLOGY_DUPLICATE_TOPIC',
    /topic in is read by sources in and again/,
    () =>
      begun()
        .addSource('again', source)
        .addProcessor('p', pass, { parents: ['again'] })
        .build(),
  ],
  [
    'TOPOLOGY_DUPLICATE_TOPIC',
    /topic in is read by source two twice/,
    () =>
      new Topology()
        .addSource('two', { ...source, topics: ['in', 'in'] })
        .addProcessor('p', pass, { parents: ['two'] })
        .build(),
  ],
  [
    'TOPOLOGY_DUPLICATE_TOPIC',
    /topic in is read by sources in and any/,
    () =>
      begun()
        .addSource('any', { ...source, topics: { pattern: '.*' } })
        .addProcessor('p', pass, { parents: ['any'] })
        .build(),
  ],
  [
    'TOPOLOGY_SHARED_STORE',
    /store s is shared by the processors a and b/,
    () => {
      const s = textStore('s')
      begun()
        .addProcessor('a', pass, { parents: ['in'], stores: [s] })
        .addProcessor('b', pass, { parents: ['in'], stores: [s] })
        .build()
    },
  ],
  [
    'TOPOLOGY_DUPLICATE_STORE',
    /store s is declared twice, by processor a and processor b/,
    () =>
      begun()
        .addProcessor('a', pass, { parents: ['in'], stores: [textStore('s')] })
        .addProcessor('b', pass, { parents: ['in'], stores: [textStore('s')] })
        .build(),
  ],
  [
    'TOPOLOGY_DUPLICATE_STORE',
    /by processor a and processor a/,
    () => {
      const s = textStore('s')
      begun()
        .addProcessor('a', pass, { parents: ['in'], stores: [s, s] })
        .build()
    },
  ],
  [
    'TOPOLOGY_UNKNOWN_GLOBAL_TABLE',
    /processor p: no global table is named "rules"/,
    () =>
      begun()
        .addProcessor('p', pass, { parents: ['in'], globalTables: ['rules'] })
        .build(),
  ],
  [
    'TOPOLOGY_UNKNOWN_GLOBAL_TABLE',
    /no global table is named "work"/,
    () =>
      begun()
        .addProcessor('p', pass, { parents: ['in'], globalTables: ['work'] })
        .build(),
  ],
  [
    'TOPOLOGY_UNUSED_GLOBAL_TABLE',
    /global table rules is named by no processor/,
    () =>
      begun()
        .addGlobalTable('rules', { ...source, topic: 'rule' })
        .build(),
  ],
]

test.each(mistakes)('%s names what is wrong and where: %s', (code, text, build) => {
  const error = errorOf(build)
  expect(error.code).toBe(code)
  expect(error.message).toMatch(text)
  // What to do about it ends the message.
  expect(error.message).toMatch(/[.]$/)
})

test('an error carries the node, store and topic it is about, and its cause', () => {
  const shared = textStore('s')
  const error = errorOf(() =>
    begun()
      .addProcessor('a', pass, { parents: ['in'], stores: [shared] })
      .addProcessor('b', pass, { parents: ['in'], stores: [shared] })
      .build(),
  )
  expect(error).toMatchObject({ node: 'b', store: 's', topic: null })

  const pattern = errorOf(() =>
    new Topology().addSource('in', { ...source, topics: { pattern: '(' } }),
  )
  expect(pattern.node).toBe('in')
  expect(pattern.cause).toBeInstanceOf(Error)
})
