import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Components } from '../../../topology/clustering/components.ts'

type Edge = readonly [number, number]

function groupsOf(size: number, edges: readonly Edge[]): number[][] {
  const components = new Components(size)
  for (const [a, b] of edges) components.join(a, b)
  return components.groups()
}

/** Walks the edges from each node that no earlier group has. */
function walked(size: number, edges: readonly Edge[]): number[][] {
  const seen = new Set<number>()
  const groups: number[][] = []
  for (let start = 0; start < size; start++) {
    if (seen.has(start)) continue
    const group = new Set([start])
    for (const node of group) {
      for (const [a, b] of edges) {
        if (a === node) group.add(b)
        if (b === node) group.add(a)
      }
    }
    for (const node of group) seen.add(node)
    groups.push([...group].sort((a, b) => a - b))
  }
  return groups
}

test('without edges every node is alone', () => {
  expect(groupsOf(3, [])).toEqual([[0], [1], [2]])
  expect(groupsOf(0, [])).toEqual([])
})

test('groups are what a walk of the edges finds, whatever order the edges come in', () => {
  const graph = fc.integer({ min: 1, max: 30 }).chain((size) => {
    const node = fc.nat({ max: size - 1 })
    return fc.record({ size: fc.constant(size), edges: fc.array(fc.tuple(node, node)) })
  })
  fc.assert(
    fc.property(graph, ({ edges, size }) => {
      const expected = walked(size, edges)
      expect(groupsOf(size, edges)).toEqual(expected)
      expect(groupsOf(size, edges.toReversed())).toEqual(expected)
    }),
  )
})

test('a group is named by its smallest node', () => {
  const components = new Components(6)
  components.join(5, 4)
  components.join(4, 2)
  expect([5, 4, 2, 1].map((node) => components.find(node))).toEqual([2, 2, 2, 1])
})
