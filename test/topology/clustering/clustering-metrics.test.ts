import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clusteringMetrics } from '../../../topology/clustering/evaluation/clustering-metrics.ts'

const PERFECT = {
  adjusted_rand_index: 1,
  homogeneity: 1,
  completeness: 1,
  singleton_recall: 1,
}

const labelling = (labels: readonly string[]) =>
  new Map(labels.map((label, item) => [String(item), label]))

const labels = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 })

test('the truth judged against itself, by other names, is perfect', () => {
  fc.assert(
    fc.property(labels, (truth) => {
      const renamed = truth.map((label) => `other ${label}`)
      const metrics = clusteringMetrics(labelling(truth), labelling(renamed))
      for (const value of Object.values(metrics) as number[]) expect(value).toBeCloseTo(1, 12)
    }),
  )
})

test('one item, or none, is perfect', () => {
  expect(clusteringMetrics(labelling([]), labelling([]))).toEqual(PERFECT)
  expect(clusteringMetrics(labelling(['a']), labelling(['b']))).toEqual(PERFECT)
})

test('all in one keeps campaigns whole and mixes them', () => {
  const metrics = clusteringMetrics(
    labelling(['a', 'a', 'b', 'c']),
    labelling(['x', 'x', 'x', 'x']),
  )
  expect(metrics).toEqual({
    adjusted_rand_index: 0,
    homogeneity: 0,
    completeness: 1,
    singleton_recall: 0,
  })
})

test('all apart mixes nothing and finds the singletons', () => {
  const metrics = clusteringMetrics(labelling(['a', 'a', 'b']), labelling(['x', 'y', 'z']))
  expect(metrics).toMatchObject({ homogeneity: 1, singleton_recall: 1 })
  expect(metrics.completeness).toBeLessThan(1)
})

test('the index and the exchange of the two labellings agree', () => {
  const both = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y', 'z')))
  fc.assert(
    fc.property(both, (pairs) => {
      const truth = labelling(pairs.map(([label]) => label))
      const predicted = labelling(pairs.map(([, label]) => label))
      const there = clusteringMetrics(truth, predicted)
      const back = clusteringMetrics(predicted, truth)
      expect(back.adjusted_rand_index).toBeCloseTo(there.adjusted_rand_index, 12)
      expect(back.homogeneity).toBeCloseTo(there.completeness, 12)
    }),
  )
})

test('items that only one labelling names are not judged', () => {
  const truth = new Map([
    ['1', 'a'],
    ['2', 'a'],
    ['unseen', 'a'],
  ])
  const predicted = new Map([
    ['1', 'x'],
    ['2', 'x'],
    ['unlabelled', 'x'],
  ])
  expect(clusteringMetrics(truth, predicted)).toEqual(PERFECT)
})
