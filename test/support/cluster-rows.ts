import type { CampaignRow } from '../../state/campaign-rows.ts'
import type { IdentityRow } from '../../state/identity-rows.ts'

/** An identity of one attacker of which nothing else is known, but for what is given. */
export function identityRow(given: Partial<IdentityRow> = {}): IdentityRow {
  return {
    attacker: 'a',
    mergedInto: null,
    firstSeen: 1,
    updatedTs: 2,
    attackers: 1,
    ja3Hashes: null,
    hasshHashes: null,
    tlsCertSha256: null,
    payloadHashes: null,
    c2Endpoints: null,
    keystrokeCentroid: null,
    ...given,
  }
}

/** A campaign of one identity, but for what is given. */
export function campaignRow(given: Partial<CampaignRow> = {}): CampaignRow {
  return { identity: 'i', mergedInto: null, firstSeen: 1, updatedTs: 2, identities: 1, ...given }
}
