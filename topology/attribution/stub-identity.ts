import { parse, v5 as uuidV5 } from 'uuid'

const NAMESPACE = parse(uuidV5('attribution-streams:identity:v1', uuidV5.URL))
/** Answers remembered: one is asked for several times, soon after another. */
const ANSWERS_MAX = 16_384

const answers = new Map<string, string>()
/** Of the last digest: as bytes, since as text it would be formatted to be taken apart again. */
const digest = Buffer.alloc(16)

/**
 * The identity of an attacker that nothing has linked yet: a UUIDv5 of its id, 32 hexadecimal
 * digits without dashes. Every task computes the same one, so creating it needs no coordination.
 */
export function stubIdentity(attackerUuid: string): string {
  const known = answers.get(attackerUuid)
  if (known !== undefined) return known
  const identity = uuidV5(attackerUuid, NAMESPACE, digest).toString('hex')
  if (answers.size >= ANSWERS_MAX) answers.clear()
  answers.set(attackerUuid, identity)
  return identity
}
