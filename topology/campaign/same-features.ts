import type { CampaignFeatures } from './campaign-features.ts'
import type { DeckyVisit } from './decky-visit.ts'

/** Of features as messages bring them: without networks, tools and sessions. */
export function areSameFeatures(a: CampaignFeatures, b: CampaignFeatures): boolean {
  return (
    a.keystrokes?.high === b.keystrokes?.high &&
    a.keystrokes?.low === b.keystrokes?.low &&
    a.infrastructure.size === b.infrastructure.size &&
    a.visits.size === b.visits.size &&
    [...a.infrastructure].every((member) => b.infrastructure.has(member)) &&
    [...a.visits].every(([deckyId, visit]) => areSameVisits(visit, b.visits.get(deckyId)))
  )
}

function areSameVisits(a: DeckyVisit, b: DeckyVisit | undefined): boolean {
  return (
    a.firstPhase === b?.firstPhase &&
    a.firstTs === b.firstTs &&
    a.lastPhase === b.lastPhase &&
    a.lastTs === b.lastTs
  )
}
