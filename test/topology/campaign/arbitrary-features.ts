import fc from 'fast-check'
import {
  asn,
  c2Endpoint,
  type CampaignFeatures,
  decky,
  payload,
} from '../../../topology/campaign/campaign-features.ts'
import type { DeckyVisit } from '../../../topology/campaign/decky-visit.ts'

const few = (prefix: string) => fc.constantFrom(...[1, 2, 3].map((n) => `${prefix}${n}`))

const visit: fc.Arbitrary<DeckyVisit> = fc.record({
  firstPhase: fc.constantFrom('delivery', 'discovery', 'lateral_movement'),
  firstTs: fc.option(fc.constantFrom(0, 50_000, 86_400, 86_401)),
  lastPhase: fc.constantFrom('persistence', 'command_and_control', 'impact'),
  lastTs: fc.option(fc.constantFrom(0, 50_000, 86_400, 86_401)),
})

export const sessions = fc.array(
  fc
    .tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.constantFrom(-1, 0, 0.1, 5, 30))
    .map(([startTs, durationS]) => ({ startTs, endTs: startTs + durationS })),
  { maxLength: 5 },
)

/** Few values of each kind, so that many pairs have something in common. */
export const features: fc.Arbitrary<CampaignFeatures> = fc
  .record({
    payloads: fc.array(few('p'), { maxLength: 2 }),
    endpoints: fc.array(few('c'), { maxLength: 2 }),
    deckies: fc.array(few('d'), { maxLength: 3 }),
    visits: fc.array(fc.tuple(few('d'), visit), { maxLength: 3 }),
    keystrokes: fc.option(
      fc.record({ high: fc.constantFrom(0, 1, 3), low: fc.constantFrom(0, 0xffffffff) }),
    ),
    sessions,
  })
  .map((drawn) => ({
    infrastructure: new Set([...drawn.payloads.map(payload), ...drawn.endpoints.map(c2Endpoint)]),
    cohort: new Set([asn(1), ...drawn.deckies.map(decky)]),
    visits: new Map(drawn.visits),
    keystrokes: drawn.keystrokes,
    sessions: drawn.sessions,
  }))

export const nobody: CampaignFeatures = {
  infrastructure: new Set(),
  cohort: new Set(),
  visits: new Map(),
  keystrokes: null,
  sessions: [],
}
