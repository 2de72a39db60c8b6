import type { TechniqueTag } from '../../schemas/cluster-records.ts'
import type { AttackerProfile } from '../../schemas/records.ts'
import type { Phase } from '../../topology/campaign/phase.ts'
import { type Actor, observationOf } from './corpus.ts'

/**
 * A tactic of each phase that actors go through. No tactic means exploitation; execution is as far
 * from leaving a foothold, and from taking one up.
 */
const TACTIC_OF_PHASE: Partial<Record<Phase, string>> = {
  delivery: 'TA0001',
  exploitation: 'TA0002',
  persistence: 'TA0003',
  credential_access: 'TA0006',
  discovery: 'TA0007',
  lateral_movement: 'TA0008',
  collection: 'TA0009',
  exfiltration: 'TA0010',
  command_and_control: 'TA0011',
}

/** What sensors and taggers would have told of an actor. */
export interface ActorInput {
  readonly profile: AttackerProfile
  readonly tags: readonly TechniqueTag[]
}

/** A session is tagged when it begins and when it ends, so its visit is as long as it was. */
export function inputOf(actor: Actor): ActorInput {
  const { asn, hassh, id, ja3, sessions } = actor
  const { c2_endpoints, commands_by_phase, credentials, payload_hashes } = observationOf(actor)
  const fingerprints = Object.entries({ ja3, hassh }).flatMap(([kind, hash]) =>
    hash === null ? [] : [{ kind, hash, value: null }],
  )
  const profile: AttackerProfile = {
    attacker_uuid: id,
    attacker_ip: null,
    first_seen: Math.min(...sessions.map(({ start }) => start)),
    last_seen: Math.max(...sessions.map(({ duration, start }) => start + duration)),
    asn,
    fingerprints,
    payload_hashes,
    c2_endpoints,
    credentials: credentials.map(([user, password]) => ({ user, password })),
    commands: Object.entries(commands_by_phase).map(([phase, commands]) => ({ phase, commands })),
  }
  const tags = sessions.flatMap((session, i) =>
    [session.start, session.start + session.duration].map((ts, end) => ({
      tag_uuid: `${id}-${i}-${end}`,
      attacker_uuid: id,
      identity_uuid: null,
      session_id: `${id}-${i}`,
      decky_id: session.decky,
      technique_id: 'T1059',
      sub_technique_id: null,
      tactic: tacticOf(session.phase),
      confidence: 1,
      created_ts: ts,
    })),
  )
  return { profile, tags }
}

function tacticOf(phase: Phase): string {
  const tactic = TACTIC_OF_PHASE[phase]
  if (tactic === undefined) throw new RangeError(`no tactic stands for ${phase}`)
  return tactic
}
