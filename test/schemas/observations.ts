import type { IdentityObservation, Observation } from '../../schemas/records.ts'

/** Valid records to break one field of. */
export const observation: Observation = {
  attacker_uuid: '880c1638-92ed-5e6f-933c-13f65bba1ae3',
  id: 'f4fb6033d2835cdeafda253675f36ddc',
  v: 1,
  ts: 1565797340.222042,
  primitive: 'motor.shell_mastery.pipe_chaining_depth',
  value: 'shallow',
  confidence: 0.7,
  window: { start_ts: 1565797251.169179, end_ts: 1565797340.222042 },
  source: 'shell-history',
  evidence_ref: 'shard:range/bash/49eae1a23efb.jsonl#0',
  identity_ref: null,
}

export const identityObservation: IdentityObservation = {
  identity_uuid: '0d6d2c1f8a394e5b9c07f1d2e3a4b5c6',
  attacker_uuid: observation.attacker_uuid,
  id: observation.id,
  v: 1,
  ts: observation.ts,
  primitive: 'motor.keystroke_cadence',
  value: 'bursty',
  confidence: 0.9,
  evidence_ref: observation.evidence_ref,
  source: 'behave/shell',
}
