import { expect, test } from 'vitest'
import { TopologyError } from '../../topology/errors.ts'
import { resolvePartitionCounts } from '../../topology/partition-counts.ts'
import { Topology } from '../../topology/topology.ts'
import { decodeText, encodeText, pass } from '../support/tiny-topologies.ts'

const deserializer = decodeText
const serdes = { serializer: encodeText, deserializer }

function resolve(topology: Topology, topics: Record<string, number>) {
  const { repartitions, subTopologies } = resolvePartitionCounts(
    topology.build(),
    new Map(Object.entries(topics)),
  )
  return {
    subTopologies: [...subTopologies.values()],
    repartitions: Object.fromEntries(repartitions),
  }
}

test('a sub-topology has the partition count of its sources', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a1', 'a2'], deserializer })
    .addSource('b', { topics: { pattern: 'b.*' }, deserializer })
    .addProcessor('join', pass, { parents: ['a', 'b'] })

  expect(resolve(topology, { a1: 3, a2: 3, b1: 3, b2: 3, c: 7 }).subTopologies).toEqual([3])
})

test('co-partitioned sources with unequal counts are refused, naming topics and counts', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a1', 'a2'], deserializer })
    .addSource('b', { topics: { pattern: 'b.*' }, deserializer })
    .addProcessor('join', pass, { parents: ['a', 'b'] })

  expect(() => resolve(topology, { a1: 3, a2: 3, b1: 2 })).toThrow(
    /sub-topology 0 .*: topic a1 has 3, topic a2 has 3, topic b1 has 2\. /,
  )
})

test('a topic that has not as many partitions as its source demands is refused', () => {
  const topology = new Topology()
    .addSource('orders', { topics: ['control'], deserializer, partitions: 1 })
    .addProcessor('obey', pass, { parents: ['orders'] })

  expect(resolve(topology, { control: 1 }).subTopologies).toEqual([1])
  expect(() => resolve(topology, { control: 3 })).toThrow(
    'source orders needs topic control to have 1 partition; it has 3.',
  )
  expect(() =>
    new Topology().addSource('orders', { topics: ['control'], deserializer, partitions: 0 }),
  ).toThrow(TopologyError)
})

test('a repartition topic adopts the count of the other sources of its readers', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a'], deserializer })
    .addProcessor('re-key', pass, { parents: ['a'] })
    .addRepartition('moved', { ...serdes, parents: ['re-key'] })
    .addSource('b', { topics: ['b'], deserializer })
    .addProcessor('join', pass, { parents: ['moved', 'b'] })

  expect(resolve(topology, { a: 2, b: 6 })).toEqual({
    subTopologies: [2, 6],
    repartitions: { moved: 6 },
  })
})

test('a repartition topic read alone adopts the greatest count of its writers', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a'], deserializer })
    .addSource('b', { topics: ['b'], deserializer })
    .addProcessor('of-a', pass, { parents: ['a'] })
    .addProcessor('of-b', pass, { parents: ['b'] })
    .addRepartition('moved', { ...serdes, parents: ['of-a', 'of-b'] })
    .addProcessor('count', pass, { parents: ['moved'] })
    .addRepartition('again', { ...serdes, parents: ['count'] })
    .addProcessor('last', pass, { parents: ['again'] })

  // One repartition joins its parents: of-a and of-b are co-partitioned.
  expect(resolve(topology, { a: 4, b: 4 })).toEqual({
    subTopologies: [4, 4, 4],
    repartitions: { moved: 4, again: 4 },
  })
})

test('a reader of two repartitions adopts the greater count of their writers', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a'], deserializer })
    .addSource('b', { topics: ['b'], deserializer })
    .addProcessor('of-a', pass, { parents: ['a'] })
    .addProcessor('of-b', pass, { parents: ['b'] })
    .addRepartition('from-a', { ...serdes, parents: ['of-a'] })
    .addRepartition('from-b', { ...serdes, parents: ['of-b'] })
    .addProcessor('join', pass, { parents: ['from-a', 'from-b'] })

  expect(resolve(topology, { a: 2, b: 5 })).toEqual({
    subTopologies: [2, 5, 5],
    repartitions: { 'from-a': 5, 'from-b': 5 },
  })
})

test('a repartition has the count asked for, and its reader with it', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a'], deserializer })
    .addProcessor('of-a', pass, { parents: ['a'] })
    .addRepartition('features', { ...serdes, parents: ['of-a'], partitions: 1 })
    .addProcessor('cluster', pass, { parents: ['features'] })

  expect(resolve(topology, { a: 8 })).toEqual({
    subTopologies: [8, 1],
    repartitions: { features: 1 },
  })
})

test('a count asked for that differs from the co-partitioned topics is refused', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a'], deserializer })
    .addProcessor('work', pass, { parents: ['a', 'loop'] })
    .addRepartition('loop', { ...serdes, parents: ['work'], partitions: 2 })

  expect(() => resolve(topology, { a: 3 })).toThrow(/topic a has 3, repartition loop has 2/)
})

test('a re-key loop has the count of the source that feeds it', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a'], deserializer })
    .addProcessor('work', pass, { parents: ['a', 'loop'] })
    .addRepartition('loop', { ...serdes, parents: ['work'] })

  expect(resolve(topology, { a: 3 }).repartitions).toEqual({ loop: 3 })
})

test('a ring of repartitions takes the count of what feeds it from outside', () => {
  const topology = new Topology()
    .addSource('a', { topics: ['a'], deserializer })
    .addProcessor('feed', pass, { parents: ['a'] })
    .addRepartition('in-ring', { ...serdes, parents: ['feed'] })
    .addProcessor('one', pass, { parents: ['in-ring', 'back'] })
    .addRepartition('forth', { ...serdes, parents: ['one'] })
    .addProcessor('two', pass, { parents: ['forth'] })
    .addRepartition('back', { ...serdes, parents: ['two'] })

  expect(resolve(topology, { a: 3 }).repartitions).toEqual({ 'in-ring': 3, forth: 3, back: 3 })
})

test('a ring that nothing feeds is refused until one has a count', () => {
  const ring = (partitions: { partitions?: number }) =>
    new Topology()
      .addProcessor('one', pass, { parents: ['back'] })
      .addRepartition('forth', { ...serdes, ...partitions, parents: ['one'] })
      .addProcessor('two', pass, { parents: ['forth'] })
      .addRepartition('back', { ...serdes, parents: ['two'] })

  expect(() => resolve(ring({}), {})).toThrow(/nothing says how many partitions .* back have/)
  expect(resolve(ring({ partitions: 4 }), {}).repartitions).toEqual({ forth: 4, back: 4 })
})

test('a source topic that does not exist is refused by name', () => {
  const named = new Topology()
    .addSource('a', { topics: ['a'], deserializer })
    .addProcessor('work', pass, { parents: ['a'] })
  const pattern = new Topology()
    .addSource('a', { topics: { pattern: 'a.+' }, deserializer })
    .addProcessor('work', pass, { parents: ['a'] })

  expect(() => resolve(named, { b: 1 })).toThrow(/source a reads topic a, which does not exist/)
  expect(() => resolve(pattern, { b: 1 })).toThrow(/source a reads pattern a\.\+, which matches no/)
})

test('a topic that two patterns match is refused', () => {
  const topology = new Topology()
    .addSource('a', { topics: { pattern: 'x.*' }, deserializer })
    .addSource('b', { topics: { pattern: '.*y' }, deserializer })
    .addProcessor('work', pass, { parents: ['a', 'b'] })

  expect(resolve(topology, { x: 1, y: 1 }).subTopologies).toEqual([1])
  expect(() => resolve(topology, { x: 1, xy: 1, y: 1 })).toThrow(TopologyError)
  expect(() => resolve(topology, { x: 1, xy: 1, y: 1 })).toThrow(/topic xy .* sources a and b/)
})
