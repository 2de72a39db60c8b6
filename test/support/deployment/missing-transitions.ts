import { isDeepStrictEqual } from 'node:util'
import type { Evidence } from '../attribution-oracle.ts'
import { PlainFold } from '../plain-fold.ts'

/**
 * State changes that the plain fold of the input has and no output tells: what at-least-once must
 * not leave, while it may tell others again.
 */
export function missingTransitions(
  evidence: Evidence,
  identityOf: (attacker: string) => string,
): string[] {
  const fold = new PlainFold()
  for (const observation of evidence.inputs.flat()) {
    if (observation !== null) fold.observe(observation)
  }
  const told = new Map<string, unknown[]>()
  for (const { identity, topic, value } of evidence.outputs.flat()) {
    if (topic !== 'state_changed') continue
    told.set(identity, [...(told.get(identity) ?? []), value])
  }
  return [...fold.transitions].flatMap(([attacker, transitions]) => {
    const identity = identityOf(attacker)
    const known = told.get(identity) ?? []
    return transitions
      .map((each) => ({ identity_uuid: identity, ...each, cause: 'observation' }))
      .filter(
        (wanted) => !known.some((value) => isDeepStrictEqual({ ...(value as object) }, wanted)),
      )
      .map((wanted) => `no output tells ${JSON.stringify(wanted)}`)
  })
}
