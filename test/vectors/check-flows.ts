import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { type CheckResult, Comparison } from './check-result.ts'
import { alikeNumbers } from './check-series.ts'
import {
  type PolicyName,
  type VectorChange,
  VectorDriver,
  type VectorRow,
} from './vector-driver.ts'

export interface FlowVector {
  readonly id: string
  readonly kinds: Readonly<Record<string, string>>
  readonly ops: readonly FlowOp[]
  readonly expect: readonly (FlowOutcome | null)[]
}

type FlowOp =
  | { readonly op: 'attacker'; readonly attacker: string }
  | { readonly op: 'link'; readonly attacker: string; readonly identity: string }
  | { readonly op: 'event'; readonly attacker?: string; readonly primitive?: string }
  | {
      readonly op: 'observe'
      readonly attacker: string
      readonly primitive: string
      readonly value: unknown
      readonly ts: number
      readonly confidence: number
      readonly ref: string
    }

interface FlowOutcome {
  readonly identity: string | null
  readonly row: VectorRow | null
  readonly event: VectorChange | null
}

/** Attackers and identities of a case carry its id, so that all cases share one driver. */
export async function checkFlows(
  vectors: readonly FlowVector[],
  policy: PolicyName,
): Promise<CheckResult> {
  const driver = new VectorDriver(policy)
  const comparison = new Comparison()
  const cases = vectors.map((vector) => new FlowCase(vector, driver))
  const steps = Math.max(0, ...vectors.map(({ ops }) => ops.length))
  for (let step = 0; step < steps; step++) {
    const running = cases.filter(({ vector }) => step < vector.ops.length)
    for (const each of running) each.queue(step)
    const changes = await driver.run()
    for (const each of running) {
      const expected = each.vector.expect[step] ?? null
      const received = await each.outcome(step, changes)
      comparison.step(each.vector.id, step, expected, each.alike(step, received))
    }
  }
  return comparison.result(vectors.length)
}

class FlowCase {
  readonly vector: FlowVector
  readonly #driver: VectorDriver
  /** The vectors' names of identities, by ours. */
  readonly #names = new Map<string, string>()

  constructor(vector: FlowVector, driver: VectorDriver) {
    this.vector = vector
    this.#driver = driver
    for (const op of vector.ops) {
      if (op.attacker !== undefined) {
        this.#names.set(stubIdentity(this.#own(op.attacker)), `stub:${op.attacker}`)
      }
      if (op.op === 'link') this.#names.set(this.#own(op.identity), op.identity)
    }
  }

  queue(step: number): void {
    const op = this.vector.ops[step]!
    switch (op.op) {
      case 'attacker':
        this.#driver.attacker(this.#own(op.attacker))
        return
      case 'link':
        this.#driver.link(this.#own(op.attacker), this.#own(op.identity))
        return
      case 'event':
        this.#driver.event(op.attacker && this.#own(op.attacker), op.primitive)
        return
      case 'observe':
        this.#driver.observe({ ...op, attacker: this.#own(op.attacker) })
    }
  }

  async outcome(step: number, changes: readonly VectorChange[]): Promise<FlowOutcome | null> {
    const op = this.vector.ops[step]!
    const own = changes.filter(({ identity_uuid }) => this.#names.has(identity_uuid))
    // Nothing may be published by what handles no event.
    if (op.op === 'attacker' || op.op === 'link') {
      return own.length === 0 ? null : { identity: null, row: null, event: own[0]! }
    }
    const identity = op.attacker ? await this.#driver.identityOf(this.#own(op.attacker)) : null
    const row =
      identity === null || !op.primitive ? null : await this.#driver.row(identity, op.primitive)
    const [event, second] = own.map((change) => this.#named(change))
    if (second !== undefined) throw new Error(`${this.vector.id}: two changes at step ${step}`)
    return { identity: this.#nameOf(identity), row, event: event ?? null }
  }

  /** Results of the numeric merger compare at 1e-9. */
  alike(step: number, received: FlowOutcome | null): FlowOutcome | null {
    const op = this.vector.ops[step]!
    const expected = this.vector.expect[step]
    const primitive = 'primitive' in op ? (op.primitive ?? '') : ''
    const isNumeric = this.vector.kinds[primitive] === 'numeric'
    if (!isNumeric || !expected || received === null) return received
    const { event, row } = received
    return {
      ...received,
      row: row && (alikeNumbers({ ...expected.row }, { ...row }) as unknown as VectorRow),
      event:
        event && (alikeNumbers({ ...expected.event }, { ...event }) as unknown as VectorChange),
    }
  }

  #own(name: string): string {
    return `${this.vector.id}/${name}`
  }

  #nameOf(identity: string | null): string | null {
    return identity === null ? null : (this.#names.get(identity) ?? identity)
  }

  #named(change: VectorChange): VectorChange {
    return { ...change, identity_uuid: this.#nameOf(change.identity_uuid)! }
  }
}
