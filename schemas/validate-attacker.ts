import { DeserializationError } from './errors.ts'
import type { AttackerProfile, IdentityLink } from './records.ts'
import { checkId, checkTs } from './validate-observation.ts'

const ASN_MAX = 0xffffffff

/** @throws {DeserializationError} names the first field that does not hold */
export function validateAttackerProfile(profile: AttackerProfile): void {
  const { first_seen, last_seen, asn } = profile
  checkId(profile.attacker_uuid, 'attacker_uuid')
  checkTs(first_seen, 'first_seen')
  checkTs(last_seen, 'last_seen')
  if (last_seen < first_seen) {
    throw new DeserializationError('last_seen', `first_seen ${first_seen} or later`, `${last_seen}`)
  }
  if (asn !== null && (asn < 0 || asn > ASN_MAX)) {
    throw new DeserializationError('asn', `a number from 0 to ${ASN_MAX}`, String(asn))
  }
  const phases = new Set<string>()
  for (const [i, { phase }] of profile.commands.entries()) {
    if (phases.has(phase)) {
      throw new DeserializationError(`commands[${i}].phase`, 'each phase once', phase)
    }
    phases.add(phase)
  }
}

/** @throws {DeserializationError} names the first field that does not hold */
export function validateIdentityLink(link: IdentityLink): void {
  checkId(link.attacker_uuid, 'attacker_uuid')
  checkId(link.identity_uuid, 'identity_uuid')
  checkId(link.root_uuid, 'root_uuid')
}
