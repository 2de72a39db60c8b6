import type { Evidence, IsGeneric } from './evidence.ts'
import type { Features, HardFeatures } from './features.ts'
import { isVetoed } from './weight.ts'

/** Everything hard to change that two attackers share, however common it is. */
export function sharedEvidence(a: HardFeatures, b: HardFeatures): Evidence[] {
  const shared: Evidence[] = []
  if (a.ja3 !== null && a.ja3 === b.ja3) shared.push({ kind: 'j', value: a.ja3 })
  if (a.hassh !== null && a.hassh === b.hassh) shared.push({ kind: 'h', value: a.hassh })
  for (const value of inBoth(a.payloadHashes, b.payloadHashes)) shared.push({ kind: 'p', value })
  for (const value of inBoth(a.c2Endpoints, b.c2Endpoints)) shared.push({ kind: 'c', value })
  return shared
}

/** What joins two attackers directly; none: they are no edge. */
export function joiningEvidence(
  a: HardFeatures,
  b: HardFeatures,
  isGeneric: IsGeneric,
): Evidence[] {
  if (isVetoed(a, b)) return []
  return sharedEvidence(a, b).filter((evidence) => !isGeneric(evidence))
}

export interface PhaseCommand {
  readonly phase: string
  readonly command: string
}

/** The commands that two attackers share, by phase. */
export function* sharedCommands(a: Features, b: Features): Generator<PhaseCommand> {
  for (const [phase, commands] of a.commandsByPhase) {
    const others = b.commandsByPhase.get(phase)
    if (others === undefined) continue
    for (const command of inBoth(commands, others)) yield { phase, command }
  }
}

export function* inBoth<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): Generator<T> {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  for (const item of small) if (large.has(item)) yield item
}
