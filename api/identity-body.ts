import type { IdentityRow } from '../state/identity-rows.ts'
import type { IdentitySummary } from './identity-summary.ts'

/** An identity as clients read it. */
export function identityBody(
  summary: IdentitySummary,
  row: IdentityRow | null,
  campaign: string | null,
): object {
  return {
    identity_uuid: summary.id,
    first_seen: summary.firstSeen,
    updated_at: summary.updatedTs,
    observation_count_live: summary.attackers,
    merged_into: row?.mergedInto ?? null,
    campaign_uuid: campaign,
    ja3_hashes: row?.ja3Hashes ?? null,
    hassh_hashes: row?.hasshHashes ?? null,
    tls_cert_sha256: row?.tlsCertSha256 ?? null,
    payload_hashes: row?.payloadHashes ?? null,
    c2_endpoints: row?.c2Endpoints ?? null,
    keystroke_centroid: row?.keystrokeCentroid ?? null,
  }
}

function textsProperty(description: string) {
  const items = { type: 'string' }
  return { type: ['array', 'null'], items, description: `${description}; null: none known.` }
}

export const identityProperties = {
  identity_uuid: { type: 'string' },
  first_seen: { type: 'number', description: 'Epoch seconds.' },
  updated_at: { type: 'number', description: 'When its attackers were last seen, epoch seconds.' },
  observation_count_live: {
    type: 'integer',
    description: 'Attackers that are this identity now (an identity observes attackers).',
  },
  merged_into: {
    type: ['string', 'null'],
    description: 'Null, unless pointers of merges go in a circle or never end.',
  },
  campaign_uuid: { type: ['string', 'null'], description: 'Null: in none yet.' },
  ja3_hashes: textsProperty('JA3 of all its attackers, sorted'),
  hassh_hashes: textsProperty('HASSH of all its attackers, sorted'),
  tls_cert_sha256: textsProperty('Certificates of all its attackers, sorted'),
  payload_hashes: textsProperty('Payloads of all its attackers, sorted'),
  c2_endpoints: textsProperty('C2 endpoints of all its attackers, sorted'),
  keystroke_centroid: {
    type: ['string', 'null'],
    description: 'Centre of its keystroke hashes, 16 hexadecimal digits; null: none known.',
  },
}

export const identitySchema = {
  type: 'object',
  required: Object.keys(identityProperties),
  properties: identityProperties,
}
