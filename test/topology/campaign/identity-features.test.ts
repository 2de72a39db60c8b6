import { expect, test } from 'vitest'
import { visitsOf } from '../../../topology/campaign/decky-visit.ts'
import { identityFeatures } from '../../../topology/campaign/identity-features.ts'
import {
  hammingDistance,
  parseKeystrokeCentroid,
} from '../../../topology/campaign/keystroke-centroid.ts'

const sighting = (deckyId: string, tactic: string, createdTs: number) => ({
  deckyId,
  tactic,
  createdTs,
})

test('a visit runs from the first tag with a phase to the last', () => {
  const visits = visitsOf([
    sighting('d1', 'TA9999', 1),
    sighting('d1', 'TA0043', 2),
    sighting('d2', 'TA0102', 3),
    sighting('d1', 'TA0003', 4),
    sighting('d1', 'none', 5),
  ])
  expect(Object.fromEntries(visits)).toEqual({
    d1: { firstPhase: 'reconnaissance', firstTs: 2, lastPhase: 'persistence', lastTs: 4 },
    d2: { firstPhase: 'discovery', firstTs: 3, lastPhase: 'discovery', lastTs: 3 },
  })
})

test('a malformed keystroke centroid is not known, and the rest still counts', () => {
  const malformed = ['zz', '', '00ff', '0x00ff00ff00ff00', '00ff00ff00ff00ff0', ' 0ff00ff00ff00f ']
  for (const keystrokeCentroid of malformed) {
    const row = { uuid: 'i1', campaign: null, mergedInto: null, keystrokeCentroid }
    const features = identityFeatures(
      { ...row, payloadHashes: ['a', 'a'], c2Endpoints: ['a'] },
      new Map(),
    )
    expect(features.keystrokes).toBeNull()
    expect(features.infrastructure.size).toBe(2)
  }
})

test('distance counts the bits of both halves', () => {
  const distance = (a: string, b: string) =>
    hammingDistance(parseKeystrokeCentroid(a)!, parseKeystrokeCentroid(b)!)
  expect(distance('0000000000000000', 'ffffffffffffffff')).toBe(64)
  expect(distance('8000000000000001', '0000000000000000')).toBe(2)
  expect(distance('00FF00ff00ff00f0', '00ff00ff00ff00ff')).toBe(4)
})
