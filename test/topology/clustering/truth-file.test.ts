import { expect, test } from 'vitest'
import { judge } from '../../../topology/clustering/evaluation/judgement.ts'
import { readTruthFile } from '../../../topology/clustering/evaluation/truth-file.ts'

const labelsOf = (text: string) => Object.fromEntries(readTruthFile(text).labels)

test('CSV is read with and without header, quotes, marks and line ends of other systems', () => {
  const same = { x: 'a', y: 'b' }
  expect(labelsOf('x,a\ny,b')).toEqual(same)
  expect(labelsOf('\uFEFFattacker_uuid,label\r\nx, a \r\n\r\n "y" ,"b"\r\n')).toEqual(same)
  expect(labelsOf('"a, ""b""",c')).toEqual({ 'a, "b"': 'c' })
})

test('JSON lines are read, other members are ignored', () => {
  const text = '{"attacker_uuid":"x","label":"a"}\n {"label":"b","attacker_uuid":"y","n":1}\n'
  expect(labelsOf(text)).toEqual({ x: 'a', y: 'b' })
})

test('what cannot be read is told by line, and the rest counts', () => {
  const lines = ['x,a', 'x', 'x,a,b', ',a', 'y,', '{"label":"a"}', '{', '"y,b', 'null', 'y,b']
  const { labels, rejected } = readTruthFile(lines.join('\n'))
  expect(Object.fromEntries(labels)).toEqual({ x: 'a', y: 'b' })
  expect(rejected.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
})

test('a repeated line is no news, a contradicting one is told', () => {
  const { labels, rejected } = readTruthFile('x,a\nx,a\nx,b')
  expect(labels.get('x')).toBe('a')
  expect(rejected).toEqual([{ line: 3, reason: 'contradicts an earlier line' }])
})

test('a judgement says how many items it is of', () => {
  const truth = new Map(Object.entries({ x: 'a', y: 'a', lost: 'a' }))
  const predicted = new Map(Object.entries({ x: '1', y: '1', new: '1', other: '2' }))
  const { judged, metrics, unknown, unlabelled } = judge(truth, predicted)
  expect({ judged, unknown, unlabelled }).toEqual({ judged: 2, unknown: 1, unlabelled: 2 })
  expect(metrics.adjusted_rand_index).toBe(1)
})
