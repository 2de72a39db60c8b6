import { describe, expect, it } from 'vitest'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { violations, type OutputRecord } from './attribution-oracle.ts'
import { PlainFold, type PlainObservation, type PlainRow } from './plain-fold.ts'

/**
 * The judge is judged: a faultless run passes, and each way of tampering with it is caught. An
 * oracle that cannot fail would let every crash test pass.
 */

const attackers = ['attacker-a', 'attacker-b']

function observations(): PlainObservation[] {
  const made: PlainObservation[] = []
  for (let i = 0; i < 60; i++) {
    made.push({
      attacker_uuid: attackers[i % 2]!,
      id: `id-${i}`,
      ts: 1_700_000_000 + i,
      primitive: i % 4 < 2 ? 'motor.input_modality' : 'motor.keystroke_cadence',
      value: Math.floor(i / 4) % 2 === 0 ? 'x' : 'y',
      evidence_ref: null,
    })
  }
  return made
}

interface Tampered {
  inputs: (PlainObservation | null)[][]
  acknowledged: Set<string>
  outputs: OutputRecord[][]
  deadLetters: string[]
  rows: Map<string, Map<string, PlainRow>>
  stores: { name: string; rows: Map<string, string>; changelog: Map<string, string> }[]
}

/** What a run without fault leaves behind. */
function faultless(): Tampered {
  const input = observations()
  const fold = new PlainFold()
  for (const observation of input) fold.observe(observation)
  const outputs: OutputRecord[] = []
  for (const attacker of attackers) {
    const identity = stubIdentity(attacker)
    for (const transition of fold.transitions.get(attacker)!) {
      const value = { identity_uuid: identity, ...transition, cause: 'observation' }
      outputs.push({ topic: 'state_changed', identity, value })
    }
    for (const { kind, primitives } of fold.alerts.get(attacker) ?? []) {
      outputs.push({ topic: `multi_actor_${kind}`, identity, value: { primitives } })
    }
  }
  const rows = new Map([...fold.rows].map(([attacker, own]) => [stubIdentity(attacker), own]))
  const held = new Map([
    ['6b31', '01'],
    ['6b32', '02'],
  ])
  return {
    inputs: [[...input, null]],
    acknowledged: new Set(input.map(({ id }) => id)),
    outputs: [outputs],
    deadLetters: ['attacker.observation 0 60'],
    rows,
    stores: [{ name: 'some-store', rows: held, changelog: new Map(held) }],
  }
}

const faults: Record<string, (run: Tampered) => void> = {
  'a lost output': ({ outputs }) => outputs[0]!.splice(3, 1),
  'a doubled output': ({ outputs }) => outputs[0]!.splice(3, 0, outputs[0]![3]!),
  'outputs in another order': ({ outputs }) => {
    const [own] = outputs
    const [first, second] = [own![2]!, own![3]!]
    own![2] = second
    own![3] = first
  },
  'a truncated end': ({ outputs }) => outputs[0]!.splice(-5),
  'a lost alert': ({ outputs }) => {
    const at = outputs[0]!.findIndex(({ topic }) => topic === 'multi_actor_suspected')
    outputs[0]!.splice(at, 1)
  },
  'a record of another identity': ({ outputs }) => {
    const foreign = outputs[0]![0]!
    outputs[0]!.push({ ...foreign, identity: 'nobody' })
  },
  'an output with another confidence': ({ outputs }) => {
    const changed = outputs[0]!.find(({ topic }) => topic === 'state_changed')!
    outputs[0]![outputs[0]!.indexOf(changed)] = {
      ...changed,
      value: { ...changed.value, confidence: 0.123 },
    }
  },
  'a stale row': ({ rows }) => {
    const own = rows.get(stubIdentity('attacker-a'))!
    const row = own.get('motor.input_modality')!
    own.set('motor.input_modality', { ...row, observation_count: 1 })
  },
  'a missing row': ({ rows }) => rows.get(stubIdentity('attacker-a'))!.clear(),
  'a row nobody observed': ({ rows }) => {
    rows.set('nobody', new Map(rows.get(stubIdentity('attacker-a'))))
  },
  'a store that its changelog does not know': ({ stores }) => stores[0]!.rows.set('6b33', '03'),
  'a changelog ahead of its store': ({ stores }) => stores[0]!.changelog.set('6b31', '09'),
  'a lost dead letter': ({ deadLetters }) => deadLetters.pop(),
  'a doubled dead letter': ({ deadLetters, inputs }) => {
    deadLetters.push(deadLetters[0]!)
    inputs[0]!.push(null)
  },
  'acknowledged input that is not in the log': ({ acknowledged }) => acknowledged.add('id-999'),
}

describe('the oracle of attribution runs', () => {
  it('finds nothing in a faultless run', () => {
    const run = faultless()
    expect(violations(run, stubIdentity)).toEqual([])
    expect(run.outputs[0]!.some(({ topic }) => topic === 'multi_actor_suspected')).toBe(true)
  })

  it.each(Object.keys(faults))('catches %s', (name) => {
    const run = faultless()
    faults[name]!(run)
    expect(violations(run, stubIdentity).length).toBeGreaterThan(0)
  })
})
