import { type CheckResult, Comparison } from './check-result.ts'
import { VectorDriver } from './vector-driver.ts'

export interface MultiActorVector {
  readonly id: string
  readonly ops: readonly MultiActorOp[]
  readonly expect: readonly (readonly [identity: string, primitives: readonly string[]][] | null)[]
}

type MultiActorOp =
  | readonly ['set', identity: string, primitive: string, state: string]
  | readonly ['tick']
  | readonly ['tick_no_bus']
  | readonly ['restart']

/** Values, oldest first, that bring a categorical series into a state. */
const SERIES_OF_STATE: Readonly<Record<string, readonly string[]>> = {
  unknown: ['a'],
  stable: ['a', 'a', 'a'],
  drifting: ['b', 'a', 'a', 'a', 'a', 'a'],
  conflicted: ['a', 'b', 'c'],
  multi_actor: ['a', 'b', 'a', 'b'],
}

/** Time is the driver's, so each case has a driver of its own. */
export async function checkMultiActor(vectors: readonly MultiActorVector[]): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const vector of vectors) {
    const driver = new VectorDriver('reference')
    const rows = new RowSetter(driver)
    for (const [step, op] of vector.ops.entries()) {
      const received = await perform(op, driver, rows)
      comparison.step(vector.id, step, vector.expect[step] ?? null, received)
    }
  }
  return comparison.result(vectors.length)
}

async function perform(op: MultiActorOp, driver: VectorDriver, rows: RowSetter): Promise<unknown> {
  switch (op[0]) {
    case 'set':
      rows.set(op[1], op[2], op[3])
      return null
    case 'tick':
      return await driver.tick()
    case 'tick_no_bus':
      // The pass takes place; nobody gets what it publishes.
      await driver.tick()
      return []
    case 'restart':
      await driver.restart()
      return null
  }
}

/**
 * Brings rows into states by what makes states: an attacker whose series has the state joins the
 * identity, the one before leaves it, and an event evaluates the row.
 */
class RowSetter {
  readonly #driver: VectorDriver
  readonly #holders = new Map<string, string>()
  #attackers = 0

  constructor(driver: VectorDriver) {
    this.#driver = driver
  }

  set(identity: string, primitive: string, state: string): void {
    const driver = this.#driver
    const attacker = `att-${this.#attackers++}`
    const values = SERIES_OF_STATE[state]
    if (values === undefined) throw new RangeError(`no series has the state ${state}`)
    // Of an unknown attacker: stored, not evaluated.
    for (const [i, value] of values.entries()) {
      driver.observe({ attacker, primitive, value, ts: i, confidence: 1, ref: `ref-${i}` })
    }
    const row = `${identity} ${primitive}`
    const former = this.#holders.get(row)
    if (former !== undefined) driver.link(former, `former-${former}`)
    this.#holders.set(row, attacker)
    driver.attacker(attacker)
    driver.link(attacker, identity)
    driver.event(attacker, primitive)
  }
}
