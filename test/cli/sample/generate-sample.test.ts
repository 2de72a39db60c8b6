import { expect, test } from 'vitest'
import { generateSample } from '../../../cli/sample/generate-sample.ts'
import { JsonReader } from '../../../schemas/json-reader.ts'
import { PlainFold, type PlainAlert, type PlainObservation } from '../../support/plain-fold.ts'

const DAY_S = 86_400
const endTs = 20_000 * DAY_S + 12 * 3600
const endOfDayTs = 20_000 * DAY_S + DAY_S - 1

const sample = generateSample(endTs)
const observations = sample.observations as PlainObservation[]

const fold = new PlainFold()
for (const observation of observations) fold.observe(observation)

test('the same end gives the same records, a later one of the day some more', () => {
  expect(generateSample(endTs)).toEqual(sample)
  const later = generateSample(endOfDayTs)
  expect(later.observations.length).toBeGreaterThan(observations.length)
  expect(later.observations.slice(0, observations.length)).toEqual(observations)
})

test('it is a fortnight of eleven attackers that ends shortly before now', () => {
  expect(sample.attackers).toHaveLength(11)
  expect(new Set(observations.map(({ attacker_uuid }) => attacker_uuid)).size).toBe(11)
  const [first, last] = [observations[0]!.ts, observations.at(-1)!.ts]
  expect(last).toBeLessThan(endTs)
  expect(endTs - last).toBeLessThan(4 * 3600)
  expect(last - first).toBeGreaterThan(13 * DAY_S)
})

test('observations come in order, each with evidence and an id of its own', () => {
  const times = observations.map(({ ts }) => ts)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  const keys = observations.map(({ evidence_ref, primitive }) => `${evidence_ref} ${primitive}`)
  expect(new Set(keys).size).toBe(observations.length)
  expect(new Set(observations.map(({ id }) => id)).size).toBe(observations.length)
})

function alertsOf(end: number): Map<string, PlainAlert[]> {
  const whole = new PlainFold()
  for (const each of generateSample(end).observations) whole.observe(each as PlainObservation)
  return whole.alerts
}

test('exactly the attacker that changes hands is suspected, cleared, and suspected again', () => {
  const alerts = alertsOf(endOfDayTs)
  expect([...alerts.keys()]).toEqual([sample.sharedAttackerUuid])
  const own = alerts.get(sample.sharedAttackerUuid)!
  const turns = own.map(({ kind }) => kind).filter((kind, i, kinds) => kind !== kinds[i - 1])
  expect(turns).toEqual(['suspected', 'cleared', 'suspected'])
  expect(own.at(-1)!.primitives.length).toBeGreaterThan(10)
})

test.each([0, 1, 6, 12, 18, 23])('at %d o’clock of the last day an alert stands', (hour) => {
  const own = alertsOf(20_000 * DAY_S + hour * 3600 + 60).get(sample.sharedAttackerUuid)!
  expect(own.at(-1)!.kind).toBe('suspected')
})

test('what the attackers do is varied: every state appears', () => {
  const states = new Set([...fold.transitions.values()].flat().map(({ new_state }) => new_state))
  expect([...states].sort()).toEqual(['conflicted', 'drifting', 'multi_actor', 'stable', 'unknown'])
})

test('profiles and technique tags are records that the product takes', () => {
  for (const [name, records] of [
    ['attacker-profile', sample.attackers],
    ['technique-tag', sample.techniqueTags],
  ] as const) {
    const reader = new JsonReader(name)
    for (const record of records) {
      const bytes = Buffer.from(JSON.stringify(record))
      expect(() => reader.read(bytes, 0, bytes.length)).not.toThrow()
    }
  }
  const tags = sample.techniqueTags as { tag_uuid: string; created_ts: number }[]
  expect(new Set(tags.map(({ tag_uuid }) => tag_uuid)).size).toBe(tags.length)
  expect(Math.max(...tags.map(({ created_ts }) => created_ts))).toBeLessThan(endTs)
})
