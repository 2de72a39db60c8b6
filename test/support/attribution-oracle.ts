import { Findings } from './findings.ts'
import { PlainFold, type PlainObservation, type PlainRow } from './plain-fold.ts'

/**
 * The judge of a run: compares what a run left behind with the plain fold of its input.
 *
 * Names the invariants of the design: I1 (outputs = fold: content, count, order), I2 (store =
 * fold = changelog), I5 (inputs = processed + dead letters). It sees only plain data, so that its
 * own tests can tamper with it.
 */
export interface Evidence {
  /** Observations in the order of each input partition's log, undecodable ones as null. */
  readonly inputs: readonly (readonly (PlainObservation | null)[])[]
  /** What senders were told is durable: observation ids. */
  readonly acknowledged: ReadonlySet<string>
  /** Committed state changes and alerts, in the order of each output partition's log. */
  readonly outputs: readonly (readonly OutputRecord[])[]
  /** Where each dead letter came from, as `topic partition offset`. */
  readonly deadLetters: readonly string[]
  /** Rows of `attribution-profiles` by identity, then primitive. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, PlainRow>>
  /** Per store: rows as kept, and as its compacted changelog says; keys and values as hex. */
  readonly stores: readonly {
    readonly name: string
    readonly rows: ReadonlyMap<string, string>
    readonly changelog: ReadonlyMap<string, string>
  }[]
}

export interface OutputRecord {
  readonly topic: 'state_changed' | 'multi_actor_suspected' | 'multi_actor_cleared'
  readonly identity: string
  readonly value: Readonly<Record<string, unknown>>
}

/** @param identityOf the identity of an attacker that nothing links */
export function violations(evidence: Evidence, identityOf: (attacker: string) => string): string[] {
  const findings = new Findings()
  const fold = new PlainFold()
  const seen = new Set<string>()
  for (const partition of evidence.inputs) {
    for (const observation of partition) {
      if (observation === null) continue
      seen.add(observation.id)
      fold.observe(observation)
    }
  }
  for (const id of evidence.acknowledged) {
    if (!seen.has(id)) findings.add(`I5: acknowledged input ${id} is not in the log`)
  }
  checkOutputs(evidence, fold, identityOf, findings)
  checkRows(evidence, fold, identityOf, findings)
  checkStores(evidence.stores, findings)
  checkDeadLetters(evidence, findings)
  return findings.list
}

function checkOutputs(
  evidence: Evidence,
  fold: PlainFold,
  identityOf: (attacker: string) => string,
  findings: Findings,
): void {
  const expected = new Map<string, unknown[]>()
  for (const [attacker, transitions] of fold.transitions) {
    const identity = identityOf(attacker)
    expected.set(
      `state_changed ${identity}`,
      transitions.map((t) => ({ identity_uuid: identity, ...t, cause: 'observation' })),
    )
  }
  for (const [attacker, alerts] of fold.alerts) {
    const identity = identityOf(attacker)
    for (const { kind, primitives } of alerts) {
      const stream = `multi_actor_${kind} ${identity}`
      expected.set(stream, [...(expected.get(stream) ?? []), primitives.join()])
    }
  }
  const actual = new Map<string, unknown[]>()
  for (const { topic, identity, value } of evidence.outputs.flat()) {
    const stream = `${topic} ${identity}`
    const isChange = topic === 'state_changed'
    const content = isChange ? { ...value } : (value['primitives'] as string[]).join()
    actual.set(stream, [...(actual.get(stream) ?? []), content])
  }
  findings.compare('I1: outputs of', expected, actual)
}

function checkRows(
  evidence: Evidence,
  fold: PlainFold,
  identityOf: (attacker: string) => string,
  findings: Findings,
): void {
  const expected = new Map<string, unknown>()
  for (const [attacker, rows] of fold.rows) {
    for (const [primitive, row] of rows) expected.set(`${identityOf(attacker)} ${primitive}`, row)
  }
  const actual = new Map<string, unknown>()
  for (const [identity, rows] of evidence.rows) {
    for (const [primitive, row] of rows) actual.set(`${identity} ${primitive}`, row)
  }
  findings.compare('I2: row', expected, actual)
}

export function checkStores(stores: Evidence['stores'], findings: Findings): void {
  for (const { name, rows, changelog } of stores) {
    findings.compare(`I2: store ${name} against its changelog, key`, changelog, rows)
  }
}

function checkDeadLetters(evidence: Evidence, findings: Findings): void {
  const invalid = evidence.inputs.flat().filter((input) => input === null).length
  if (evidence.deadLetters.length !== invalid) {
    findings.add(`I5: ${invalid} invalid inputs, ${evidence.deadLetters.length} dead letters`)
  }
  if (new Set(evidence.deadLetters).size !== evidence.deadLetters.length) {
    findings.add('I5: a record was dead-lettered twice')
  }
}
