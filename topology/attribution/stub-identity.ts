import { NamedIds } from './named-ids.ts'

const identities = new NamedIds('attribution-streams:identity:v1')

/** The identity of an attacker that nothing has linked yet: one of its own. */
export function stubIdentity(attackerUuid: string): string {
  return identities.of(attackerUuid)
}
