import fc from 'fast-check'
import type { DeckyVisit } from '../../../topology/campaign/decky-visit.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'

/** An identity of which nothing is known. */
export function identity(id: string, known: Partial<IdentityMessage> = {}): IdentityMessage {
  return {
    identity: id,
    firstSeen: 1,
    mergedInto: null,
    payloadHashes: [],
    c2Endpoints: [],
    keystrokeCentroid: null,
    visits: [],
    ...known,
  }
}

export function mergedOut(id: string, into: string): IdentityMessage {
  return identity(id, { mergedInto: into })
}

const ts = fc.option(fc.constantFrom(0, 50_000, 86_399.5, 86_400, 172_799, 172_800), {
  nil: null,
  freq: 6,
})

const visit: fc.Arbitrary<DeckyVisit> = fc.record({
  firstPhase: fc.constantFrom('delivery', 'discovery', 'lateral_movement'),
  firstTs: ts,
  lastPhase: fc.constantFrom('persistence', 'command_and_control', 'impact'),
  lastTs: ts,
})

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

/** Few values of each kind, so that many have something in common, and some of them hubs. */
export const anyIdentity: fc.Arbitrary<IdentityMessage> = fc.record({
  identity: fc.constantFrom(...ids),
  firstSeen: fc.constantFrom(1, 1, 1, 2, 3),
  mergedInto: fc.constant(null),
  payloadHashes: fc.uniqueArray(fc.constantFrom('p1', 'p2', 'p\0'), { maxLength: 2 }),
  c2Endpoints: fc.uniqueArray(fc.constantFrom('c1', 'p1'), { maxLength: 1 }),
  keystrokeCentroid: fc.constantFrom(
    null,
    '0000000000000000',
    '0101010101010100',
    'ff00000000000000',
    'ff000000000000fe',
  ),
  visits: fc.uniqueArray(fc.tuple(fc.constantFrom('d1', 'd2', 'd\0'), visit), {
    maxLength: 2,
    selector: ([decky]) => decky,
  }),
})

/** Merged identities may form chains, and point at unknown ones. */
export const anyMerge: fc.Arbitrary<IdentityMessage> = fc
  .tuple(fc.constantFrom(...ids), fc.constantFrom(...ids))
  .filter(([id, into]) => id !== into)
  .map(([id, into]) => mergedOut(id, into))
