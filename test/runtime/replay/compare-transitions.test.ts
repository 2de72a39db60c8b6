import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WHOLE_LOG } from '../../../runtime/replay/compare-window.ts'
import {
  TransitionComparison,
  type ComparisonRules,
} from '../../../runtime/replay/compare-transitions.ts'
import type { Transition } from '../../../runtime/replay/transition.ts'
import type { Cause, State } from '../../../schemas/records.ts'

const rules: ComparisonRules = {
  window: WHOLE_LOG,
  hasEarlierInput: false,
  isQuiescent: true,
  linkedIdentities: new Set(),
}

type Step = readonly [
  oldState: State | null,
  newState: State | null,
  cause?: Cause,
  timestampMs?: number,
]

const transitions = (...steps: Step[]): Transition[] =>
  steps.map(([oldState, newState, cause = 'observation', timestampMs = 1000]) => ({
    identity: 'i',
    primitive: 'motor.keystroke_cadence',
    oldState,
    newState,
    value: '"bursty"',
    cause,
    timestampMs,
  }))

function compared(
  live: readonly Transition[],
  replayed: readonly Transition[],
  changed: Partial<ComparisonRules> = {},
) {
  const comparison = new TransitionComparison({ ...rules, ...changed })
  comparison.addRow(live, replayed)
  return comparison.summary()
}

const born: Step = [null, 'unknown']
const settled: Step = ['unknown', 'stable']
const drifted: Step = ['stable', 'drifting']

describe('TransitionComparison', () => {
  test('finds nothing between equal sequences, whatever their causes and times', () => {
    const live = transitions(born, [...settled.slice(0, 2), 'link', 5] as unknown as Step)
    expect(compared(live, transitions(born, settled))).toMatchObject({
      unexplained: 0,
      byCause: { observation: { equal: 1 }, link: { equal: 1 } },
    })
  })

  test('tells missing from additional from different, by cause', () => {
    const missing = compared(transitions(born, settled, drifted), transitions(born, drifted))
    expect(missing.byCause.observation).toMatchObject({ equal: 2, missing: 1 })
    const additional = compared(transitions(born), transitions(born, settled))
    expect(additional.byCause.observation).toMatchObject({ equal: 1, additional: 1 })
    const other = transitions(born, ['unknown', 'conflicted'])
    expect(compared(transitions(born, settled), other)).toMatchObject({
      unexplained: 1,
      byCause: { observation: { equal: 1, different: 1 } },
      samples: [{ kind: 'different', explanation: null }],
    })
  })

  test('differences of a linked identity are explained when both come to the same state', () => {
    const way = transitions(born, settled, ['stable', 'drifting', 'merge'])
    const other = transitions(born, ['unknown', 'drifting', 'merge'])
    expect(compared(way, other)).toMatchObject({ unexplained: 0, explained: { link: 2 } })
    const linkedIdentities = new Set(['i'])
    const plain = [transitions(born, settled, drifted), transitions(born, ['unknown', 'drifting'])]
    expect(compared(plain[0]!, plain[1]!).unexplained).toBeGreaterThan(0)
    expect(compared(plain[0]!, plain[1]!, { linkedIdentities }).unexplained).toBe(0)
  })

  test('a linked identity that comes to another state is not explained', () => {
    const live = transitions(born, ['unknown', 'stable', 'link'])
    const replayed = transitions(born, ['unknown', 'drifting', 'link'])
    expect(compared(live, replayed).unexplained).toBe(1)
    expect(compared(live, replayed, { isQuiescent: false }).unexplained).toBe(0)
  })

  test('a row that had a state before the range is explained by it', () => {
    const live = transitions([...born, 'observation', 5] as unknown as Step, settled)
    const window = { ...WHOLE_LOG, outsideBeforeMs: 10, insideFromMs: 10 }
    const cut = { window, hasEarlierInput: true }
    expect(compared(live, transitions(born), cut)).toMatchObject({
      unexplained: 0,
      explained: { 'earlier-state': 1 },
    })
    // Born within the range: the same difference is one.
    const late = transitions(born, settled)
    expect(compared(late, transitions(born), cut).unexplained).toBe(1)
  })

  test('what lies at the edge of the range is counted, not compared', () => {
    const window = { ...WHOLE_LOG, insideBeforeMs: 500 }
    const summary = compared(transitions(born, settled), transitions(born), { window })
    expect(summary).toMatchObject({ unexplained: 0, edge: 3 })
  })

  test('a live sequence that begins anew counts from its last beginning', () => {
    const live = transitions(born, settled, born, settled)
    const summary = compared(live, transitions(born, settled))
    expect(summary).toMatchObject({ restarts: 1, unexplained: 0 })
    expect(summary.byCause.observation.equal).toBe(2)
    // Emptied and filled again is no new beginning.
    const refilled = transitions(born, ['unknown', null, 'link'], born)
    expect(compared(refilled, refilled)).toMatchObject({ restarts: 0, unexplained: 0 })
  })

  test('every transition of both sides is counted once', () => {
    const states = [null, 'unknown', 'stable', 'drifting'] as const
    const step = fc.tuple(fc.constantFrom(...states), fc.constantFrom(...states))
    const side = fc.array(step, { maxLength: 12 }).map((steps) => transitions(...steps))
    fc.assert(
      fc.property(side, side, (a, b) => {
        // Without restarts, which leave out part of the live side.
        const live = a.filter(({ oldState }) => oldState !== null)
        const { additional, different, equal, missing } = compared(live, b).byCause.observation
        expect(equal + missing + different).toBe(live.length)
        expect(equal + additional + different).toBe(b.length)
        expect(compared(live, live).unexplained).toBe(0)
      }),
    )
  })
})
