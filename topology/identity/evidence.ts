import type { HardFeatures } from './features.ts'

/** Kinds of evidence that may make an edge; the letter stands in keys of the stores. */
export type EvidenceKind = 'j' | 'h' | 'p' | 'c'

/** A value that attackers may share: a JA3, a HASSH, a payload hash, a C2 endpoint. */
export interface Evidence {
  readonly kind: EvidenceKind
  readonly value: string
}

/** Says that a value is so common that sharing it alone makes no edge. */
export type IsGeneric = (evidence: Evidence) => boolean

export const nothingIsGeneric: IsGeneric = () => false

/** Everything of an attacker that may make an edge. */
export function* evidenceOf(features: HardFeatures): Generator<Evidence> {
  yield* clientEvidenceOf(features)
  for (const value of features.payloadHashes) yield { kind: 'p', value }
  for (const value of features.c2Endpoints) yield { kind: 'c', value }
}

/** The fingerprints that are known of it. */
export function* clientEvidenceOf({
  hassh,
  ja3,
}: Pick<HardFeatures, 'hassh' | 'ja3'>): Generator<Evidence> {
  if (ja3 !== null) yield { kind: 'j', value: ja3 }
  if (hassh !== null) yield { kind: 'h', value: hassh }
}

/** Whoever shares it uses the same client software, so it joins without regard to a veto. */
export function namesClient({ kind }: Evidence): boolean {
  return kind === 'j' || kind === 'h'
}

/** One text a value, different for different kinds. */
export function evidenceKey({ kind, value }: Evidence): string {
  return kind + value
}
