import type { IdentityEvidence, SharedValue, Tier } from '../../state/explain-port.ts'
import { byCodePoint } from '../../schemas/canonical-json.ts'
import { evidenceKey } from '../../topology/identity/evidence.ts'
import type { Features } from '../../topology/identity/features.ts'
import { type EvidenceHeads, genericBy, type HeldEvidence } from './explained-members.ts'
import { sharedAsn, sharedCommand, sharedCredential, sharedOfEvidence } from './shared-value.ts'

const TOLD_MAX = 100
const TIERS: readonly Tier[] = ['high', 'medium', 'low', 'very_low']

export interface ToldEvidence {
  readonly evidence: readonly IdentityEvidence[]
  readonly evidenceLeftOut: number
}

/**
 * What several attackers of an identity have in common, the strongest tier first.
 * @param profiles what the lower tiers look at; empty: they are not told
 */
export function toldEvidence(
  held: readonly HeldEvidence[],
  heads: EvidenceHeads,
  profiles: readonly Features[],
): ToldEvidence {
  const isGeneric = genericBy(heads)
  const hard = held.map(({ evidence, holders }): IdentityEvidence => ({
    tier: 'high',
    ...sharedOfEvidence(evidence, isGeneric),
    holders,
    holdersInAll: heads.get(evidenceKey(evidence))?.holders ?? null,
  }))
  const all = [...hard, ...softEvidence(profiles)].sort(strongestFirst)
  const evidence = all.slice(0, TOLD_MAX)
  return { evidence, evidenceLeftOut: all.length - evidence.length }
}

function softEvidence(profiles: readonly Features[]): IdentityEvidence[] {
  const tally = new Map<string, { tier: Tier; shared: () => SharedValue; holders: number }>()
  const add = (tier: Tier, key: string, shared: () => SharedValue): void => {
    const known = tally.get(`${tier} ${key}`)
    if (known === undefined) tally.set(`${tier} ${key}`, { tier, shared, holders: 1 })
    else known.holders += 1
  }
  for (const { asn, commandsByPhase, credentials } of profiles) {
    for (const [phase, commands] of commandsByPhase) {
      for (const command of commands) {
        const key = `${phase.length}:${phase}${command}`
        add('medium', key, () => sharedCommand({ command, phase }))
      }
    }
    for (const key of credentials) add('low', key, () => sharedCredential(key))
    if (asn !== null) add('very_low', String(asn), () => sharedAsn(asn))
  }
  return [...tally.values()]
    .filter(({ holders }) => holders > 1)
    .map(({ holders, shared, tier }) => ({ tier, ...shared(), holders, holdersInAll: null }))
}

function strongestFirst(a: IdentityEvidence, b: IdentityEvidence): number {
  return (
    TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) ||
    b.holders - a.holders ||
    byCodePoint(a.kind, b.kind) ||
    byCodePoint(a.value, b.value)
  )
}
