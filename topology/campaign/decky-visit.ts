import { type Phase, phaseOfTactic } from './phase.ts'

/** What an identity did on one decky (a decoy host): how it began and how it ended. */
export interface DeckyVisit {
  readonly firstPhase: Phase
  /** Epoch seconds; null: not known, and no hand-over can be told by it. */
  readonly firstTs: number | null
  readonly lastPhase: Phase
  readonly lastTs: number | null
}

/** One technique tag's place in an intrusion. */
export interface TacticSighting {
  readonly deckyId: string
  /** MITRE ATT&CK tactic, `TA0003`. */
  readonly tactic: string
  /** Epoch seconds. */
  readonly createdTs: number
}

/**
 * The visits that an identity's tags tell of, by decky. Tags whose tactic has no phase are dropped.
 * @param sightings oldest first; of equal times the earlier in the list came first
 */
export function visitsOf(sightings: readonly TacticSighting[]): Map<string, DeckyVisit> {
  const visits = new Map<string, DeckyVisit>()
  for (const { createdTs, deckyId, tactic } of sightings) {
    const phase = phaseOfTactic(tactic)
    if (phase === null) continue
    const { firstPhase, firstTs } = visits.get(deckyId) ?? {
      firstPhase: phase,
      firstTs: createdTs,
    }
    visits.set(deckyId, { firstPhase, firstTs, lastPhase: phase, lastTs: createdTs })
  }
  return visits
}
