import type { Disagreement, SharedValue } from '../../state/explain-port.ts'
import type { Evidence, EvidenceKind, IsGeneric } from '../../topology/identity/evidence.ts'
import { credentialOfKey, type HardFeatures } from '../../topology/identity/features.ts'
import type { PhaseCommand } from '../../topology/identity/shared-evidence.ts'
import { isVetoed } from '../../topology/identity/weight.ts'

const KINDS: Readonly<Record<EvidenceKind, SharedValue['kind']>> = {
  j: 'ja3',
  h: 'hassh',
  p: 'payload',
  c: 'c2',
}

export function sharedOfEvidence(evidence: Evidence, isGeneric: IsGeneric): SharedValue {
  const { kind, value } = evidence
  return { kind: KINDS[kind], value, phase: null, generic: isGeneric(evidence) }
}

export function sharedCommand({ command, phase }: PhaseCommand): SharedValue {
  return { kind: 'command', value: command, phase, generic: false }
}

/** @param key see {@link credentialOfKey} */
export function sharedCredential(key: string): SharedValue {
  const { password, user } = credentialOfKey(key)
  return { kind: 'credential', value: `${user}:${password}`, phase: null, generic: false }
}

export function sharedAsn(asn: number): SharedValue {
  return { kind: 'asn', value: String(asn), phase: null, generic: false }
}

/** Why two attackers are vetoed; empty: they are not. */
export function vetoOf(a: HardFeatures, b: HardFeatures): Disagreement[] {
  if (!isVetoed(a, b)) return []
  const veto: Disagreement[] = []
  if (a.ja3 !== null && b.ja3 !== null) veto.push({ kind: 'ja3', values: [a.ja3, b.ja3] })
  if (a.hassh !== null && b.hassh !== null) {
    veto.push({ kind: 'hassh', values: [a.hassh, b.hassh] })
  }
  return veto
}
