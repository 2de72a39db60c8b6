import type {
  Disagreement,
  IdentityEvidence,
  IdentityReasons,
  Pair,
  PairReasons,
  SharedValue,
} from '../state/explain-port.ts'
import type { IdentityEventRow } from '../state/identity-rows.ts'

/** Reasons as clients read them, and the schemas that say so. */

export function identityReasonsBody(
  reasons: IdentityReasons,
  history: readonly IdentityEventRow[],
): object {
  return {
    attackers: reasons.attackers,
    attackers_explained: reasons.attackersExplained,
    evidence: reasons.evidence.map(evidenceBody),
    evidence_left_out: reasons.evidenceLeftOut,
    pairs_are: reasons.pairsAre,
    pairs: reasons.pairs.map(pairBody),
    history: history.map(({ atMs, other, type }) => ({ ts: atMs / 1000, type, other_uuid: other })),
  }
}

export function pairReasonsBody(pair: PairReasons): object {
  return {
    attackers: pair.attackers,
    identities: pair.identities,
    tiers: pair.tiers.map(({ score, shared, sharedLeftOut, tier, weight }) => ({
      tier,
      score,
      weight,
      shared: shared.map(sharedBody),
      shared_left_out: sharedLeftOut,
    })),
    combined: pair.combined,
    edge_weight_min: pair.edgeWeightMin,
    joined_by: pair.joinedBy.map(sharedBody),
    veto: pair.veto.map(vetoBody),
    chain:
      pair.chain?.map(({ attackers, joinedBy }) => ({
        attackers,
        joined_by: joinedBy.map(sharedBody),
      })) ?? null,
    chain_incomplete: pair.chainIsIncomplete,
  }
}

function sharedBody({ generic, kind, phase, value }: SharedValue): object {
  return { kind, value, phase, generic }
}

function evidenceBody(evidence: IdentityEvidence): object {
  const { holders, holdersInAll, tier } = evidence
  return { tier, ...sharedBody(evidence), holders, holders_in_all: holdersInAll }
}

function pairBody({ attackers, combined, joinedBy, scores, veto }: Pair): object {
  const joined_by = joinedBy.map(sharedBody)
  return { attackers, scores, combined, joined_by, veto: veto.map(vetoBody) }
}

function vetoBody({ kind, values }: Disagreement): object {
  return { kind, values }
}

/** All properties required. */
function object(properties: Record<string, object>, description?: string) {
  const required = Object.keys(properties)
  return { type: 'object', required, properties, ...(description ? { description } : {}) }
}

function list(items: object, description?: string) {
  return { type: 'array', items, ...(description ? { description } : {}) }
}

const text = { type: 'string' }
const integer = { type: 'integer' }
const share = { type: 'number', description: '0 to 1.' }
const tier = { type: 'string', enum: ['high', 'medium', 'low', 'very_low'] }
const twoAttackers = list(text, 'Two attackers.')

const sharedProperties = {
  kind: {
    type: 'string',
    enum: ['ja3', 'hassh', 'payload', 'c2', 'command', 'credential', 'asn'],
  },
  value: { type: 'string', description: 'Of a credential `user:password`.' },
  phase: { type: ['string', 'null'], description: 'Of a command.' },
  generic: {
    type: 'boolean',
    description: 'So many attackers hold it that sharing it makes no edge.',
  },
}

const joinedBySchema = list(
  object(sharedProperties),
  'What joins the two directly, at most 10; empty: nothing does.',
)

const vetoSchema = list(
  object({ kind: { type: 'string', enum: ['ja3', 'hassh'] }, values: list(text) }),
  'Fingerprints that are known of both and differ, while none agrees; empty: there is no veto.',
)

const evidenceSchema = list(
  object({
    tier,
    ...sharedProperties,
    holders: { type: 'integer', description: 'Attackers of the identity, of those looked at.' },
    holders_in_all: { type: ['integer', 'null'], description: 'Null: not counted.' },
  }),
  'What several of its attackers hold, the strongest tier first; at most 100.',
)

export const identityReasonsSchema = {
  ...object({
    attackers: { type: 'integer', description: 'Attackers that are the identity.' },
    attackers_explained: list(text, 'Those that were looked at, the first seen first.'),
    evidence: evidenceSchema,
    evidence_left_out: integer,
    pairs_are: {
      type: 'string',
      enum: ['all', 'spanning_tree'],
      description: 'Of up to 50 attackers all pairs, else edges enough to hold them together.',
    },
    pairs: list(
      object({
        attackers: twoAttackers,
        scores: object({ high: share, medium: share, low: share, very_low: share }),
        combined: { type: 'number', description: 'Weighted sum of the scores.' },
        joined_by: joinedBySchema,
        veto: vetoSchema,
      }),
    ),
    history: list(
      object({
        ts: { type: 'number', description: 'Epoch seconds.' },
        type: {
          type: 'string',
          enum: ['formed', 'linked', 'merged', 'unmerged', 'gained', 'lost'],
        },
        other_uuid: {
          type: ['string', 'null'],
          description: 'linked: the attacker; else the other identity; formed: null.',
        },
      }),
      'What became of the identity, the newest 100, the newest last.',
    ),
  }),
  type: ['object', 'null'],
  description: 'Why its attackers are one; null: two attackers were asked for.',
}

export const pairReasonsSchema = {
  ...object({
    attackers: twoAttackers,
    identities: list(text, 'The identity of each.'),
    tiers: list(
      object({
        tier,
        score: share,
        weight: { type: 'number', description: 'What the score counts for.' },
        shared: list(
          object(sharedProperties),
          'What both have of what the tier looks at, counted or not; at most 50.',
        ),
        shared_left_out: integer,
      }),
    ),
    combined: { type: 'number', description: 'Sum of scores by weights.' },
    edge_weight_min: {
      type: 'number',
      description: 'From this weight on two are joined, unless by generic values alone.',
    },
    joined_by: joinedBySchema,
    veto: vetoSchema,
    chain: {
      type: ['array', 'null'],
      items: object({ attackers: twoAttackers, joined_by: joinedBySchema }),
      description: 'How one leads to the other; null: they are two identities, or not found.',
    },
    chain_incomplete: {
      type: 'boolean',
      description: 'They are one identity, too large to find what joins them.',
    },
  }),
  type: ['object', 'null'],
  description: 'Why two attackers are, or are not, one; null: none were asked for.',
}
