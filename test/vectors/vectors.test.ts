import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { FAMILIES } from './families.ts'
import { ownVectors, readVectors } from './vector-files.ts'

const TIMEOUT_MS = 240_000

describe('vectors', () => {
  test.each(FAMILIES)(
    '$name agrees ($note)',
    async ({ check }) => {
      const result = await check(ownVectors())
      expect(result?.mismatches.slice(0, 3)).toEqual([])
      expect(result?.prefixes).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )

  test('all cases are checked', () => {
    const count = (family: string) => readVectors(ownVectors(), family)?.length
    expect(count('attribution-series')).toBe(1_990)
    expect(count('attribution-flows')).toBe(80)
    expect(count('attribution-raising')).toBe(120)
    expect(count('multi-actor')).toBe(500)
    expect(count('identity-pairs')).toBe(450)
    expect(count('identity-ticks')).toBe(150)
    expect(count('digraph-centroid')).toBe(120)
    expect(count('campaign-pairs')).toBe(480)
    expect(count('campaign-ticks')).toBe(150)
    expect(count('metrics')).toBe(200)
    expect(count('scenarios')).toBe(56)
    expect(count('noise-floor')).toBe(300)
    expect(count('observe-then-register')).toBe(10)
  })
})

/** Puts another value at a path of a case. */
function corrupted(vector: unknown, at: readonly (string | number)[], value: unknown): unknown {
  const copy = structuredClone(vector) as Record<string | number, unknown>
  let holder = copy
  for (const part of at.slice(0, -1)) holder = holder[part] as typeof holder
  const last = at.at(-1)!
  expect(holder[last]).not.toEqual(value)
  holder[last] = value
  return copy
}

/** Of the ways in which a family is checked, those that must tell; by default all but streaming. */
type ToldBy = RegExp

const corruptions: [
  family: string,
  what: string,
  at: (string | number)[],
  value: unknown,
  by?: ToldBy,
][] = [
  ['attribution-series', 'a state', ['state', 2], 'drifting'],
  ['attribution-series', 'a confidence, beyond rounding', ['confidence', 2], 0.99999999],
  ['attribution-series', 'a value', ['value', 1], 11],
  ['attribution-series', 'a time of change', ['change_ts', 4], 0],
  ['attribution-series', 'an event that is not there', ['events', 0], [1, null, 'unknown']],
  ['attribution-flows', 'an identity', ['expect', 4, 'identity'], 'stub:att-1'],
  ['attribution-flows', 'an event where there is none', ['expect', 3, 'event'], {}],
  ['attribution-flows', 'a count', ['expect', 4, 'row', 'observation_count'], 2],
  ['attribution-raising', 'a row before it raises', ['steps', 0, 'row', 0], 'stable'],
  ['multi-actor', 'an alert', ['expect', 9, 0, 1], ['motor.m0', 'motor.m1']],
  ['multi-actor', 'a silence', ['expect', 21], []],
  ['identity-pairs', 'a weight', ['pairs', 0, 6], 0.033],
  ['identity-pairs', 'a group', ['partition', 0], ['o00', 'o01']],
  ['identity-ticks', 'an identity formed', ['steps', 0, 'expect', 'formed', 0], {}],
  ['identity-ticks', 'a merge that is not there', ['steps', 1, 'expect', 'merged', 0], {}],
  ['digraph-centroid', 'a bit', ['centroid'], '9834a1b7d4203516'],
  ['campaign-pairs', 'a weight', ['pairs', 0, 7], 0.5],
  ['campaign-pairs', 'a group of the reversed list', ['partition_reversed', 0], []],
  ['campaign-ticks', 'a campaign formed', ['steps', 0, 'expect', 'formed', 0], {}],
  ['campaign-ticks', 'a link', ['steps', 0, 'expect', 'identities', 'ident-001'], null],
  ['metrics', 'a metric', ['expect', 'homogeneity'], 0.999],
  ['scenarios', 'a projection', ['features', 0, 'decky_set'], [], /step by step/],
  ['scenarios', 'a group', ['campaign_partition', 0], []],
  ['scenarios', 'a metric', ['metrics_vs_campaign', 'homogeneity'], 0.5],
  ['noise-floor', 'a group', ['campaign_partition', 0], []],
  ['noise-floor', 'an identity', ['identity_partition', 0], []],
  ['observe-then-register', 'a deferred row', ['expect', 0, 'identity'], 'stub:x'],
]

test.each(corruptions)('%s: %s that is wrong is told', async (family, _what, at, value, by) => {
  const mustTell = by ?? /^(reference|both|our own)/
  const folder = mkdtempSync(path.join(tmpdir(), 'vectors-'))
  try {
    const vectors = readVectors(ownVectors(), family)!
    const index = family === 'attribution-raising' ? 2 : 0
    const wrong = corrupted(vectors[index], at, value)
    writeFileSync(path.join(folder, `${family}.jsonl`), `${JSON.stringify(wrong)}\n`)
    for (const { check, name, note } of FAMILIES) {
      const result = await check(folder)
      if (name !== family) {
        expect(result).toBeNull()
      } else if (mustTell.test(note)) {
        const [told] = result!.mismatches
        expect([note, told?.caseId]).toEqual([note, (wrong as { id: string }).id])
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
