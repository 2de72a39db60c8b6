import { v5 as uuidV5 } from 'uuid'

const NAMESPACE = uuidV5('attribution-streams:identity:v1', uuidV5.URL)

/**
 * The identity of an attacker that nothing has linked yet: a UUIDv5 of its id, 32 hexadecimal
 * digits without dashes. Every task computes the same one, so creating it needs no coordination.
 */
export function stubIdentity(attackerUuid: string): string {
  return uuidV5(attackerUuid, NAMESPACE).replaceAll('-', '')
}
