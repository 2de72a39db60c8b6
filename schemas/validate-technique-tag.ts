import type { TechniqueTag } from './cluster-records.ts'
import { DeserializationError } from './errors.ts'
import { checkConfidence, checkId, checkTs } from './validate-observation.ts'

/** @throws {DeserializationError} names the first field that does not hold */
export function validateTechniqueTag(tag: TechniqueTag): void {
  const { attacker_uuid, decky_id, identity_uuid, session_id } = tag
  checkId(tag.tag_uuid, 'tag_uuid')
  if (attacker_uuid === null && identity_uuid === null) {
    throw new DeserializationError('attacker_uuid', 'an attacker, or else an identity_uuid', 'null')
  }
  if (attacker_uuid !== null) checkId(attacker_uuid, 'attacker_uuid')
  if (identity_uuid !== null) checkId(identity_uuid, 'identity_uuid')
  if (session_id !== null) checkId(session_id, 'session_id')
  if (decky_id !== null) checkId(decky_id, 'decky_id')
  checkId(tag.technique_id, 'technique_id')
  if (tag.sub_technique_id !== null) checkId(tag.sub_technique_id, 'sub_technique_id')
  checkId(tag.tactic, 'tactic')
  checkConfidence(tag.confidence)
  checkTs(tag.created_ts, 'created_ts')
}
