import type { Evidence } from '../attribution-oracle.ts'
import { PlainFold } from '../plain-fold.ts'

/**
 * What at-least-once must not leave: observations without an effect, and states that nobody was
 * told of. Observations may have counted twice.
 */
export function missingEffects(
  evidence: Evidence,
  identityOf: (attacker: string) => string,
): string[] {
  const fold = new PlainFold()
  for (const observation of evidence.inputs.flat()) {
    if (observation !== null) fold.observe(observation)
  }
  const told = new Map<string, unknown>()
  for (const { identity, topic, value } of evidence.outputs.flat()) {
    if (topic === 'state_changed')
      told.set(`${identity} ${String(value['primitive'])}`, value['new_state'])
  }
  const missing: string[] = []
  for (const [attacker, rows] of fold.rows) {
    const identity = identityOf(attacker)
    for (const [primitive, { observation_count: wanted }] of rows) {
      const row = evidence.rows.get(identity)?.get(primitive)
      const key = `${identity} ${primitive}`
      if ((row?.observation_count ?? 0) < wanted) {
        missing.push(`${key} counts ${row?.observation_count ?? 0} of ${wanted} observations`)
      }
      if (told.get(key) !== row?.state) {
        missing.push(`${key} is ${row?.state}, told was ${String(told.get(key))}`)
      }
    }
  }
  return missing
}
