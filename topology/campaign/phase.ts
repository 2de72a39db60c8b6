/** Stages of an intrusion, in the words of the unified kill chain. */
export const PHASES = [
  'reconnaissance',
  'resource_development',
  'weaponization',
  'delivery',
  'social_engineering',
  'exploitation',
  'persistence',
  'defense_evasion',
  'command_and_control',
  'pivoting',
  'discovery',
  'privilege_escalation',
  'execution',
  'credential_access',
  'lateral_movement',
  'collection',
  'exfiltration',
  'impact',
  'objectives',
] as const

export type Phase = (typeof PHASES)[number]

/** MITRE ATT&CK tactics, of the enterprise matrix and the industrial one (TA01xx). */
const PHASE_OF_TACTIC: ReadonlyMap<string, Phase> = new Map([
  ['TA0043', 'reconnaissance'],
  ['TA0042', 'resource_development'],
  ['TA0001', 'delivery'],
  ['TA0002', 'execution'],
  ['TA0003', 'persistence'],
  ['TA0004', 'privilege_escalation'],
  ['TA0005', 'defense_evasion'],
  ['TA0006', 'credential_access'],
  ['TA0007', 'discovery'],
  ['TA0008', 'lateral_movement'],
  ['TA0009', 'collection'],
  ['TA0011', 'command_and_control'],
  ['TA0010', 'exfiltration'],
  ['TA0040', 'impact'],
  ['TA0100', 'collection'],
  ['TA0102', 'discovery'],
  ['TA0105', 'impact'],
  ['TA0106', 'impact'],
])

/** @returns null: a tactic without a phase; whoever reads tags drops it */
export function phaseOfTactic(tactic: string): Phase | null {
  return PHASE_OF_TACTIC.get(tactic) ?? null
}

/** A foothold is ready: the host may be left to someone else. */
export function endsWithFoothold(phase: Phase): boolean {
  return phase === 'command_and_control' || phase === 'persistence'
}

/** Work that begins from a foothold. */
export function beginsFromFoothold(phase: Phase): boolean {
  return phase === 'discovery' || phase === 'lateral_movement'
}
