import { type CheckResult, Comparison } from './check-result.ts'
import type { IdentityEdit } from './identity-edit.ts'
import type { IdentityTick, IdentityTicker } from './identity-ticker.ts'

export interface IdentityTicksVector {
  readonly id: string
  readonly steps: readonly Step[]
}

interface Step {
  readonly edits: readonly IdentityEdit[]
  readonly faults: readonly (readonly [call: string, key: string])[]
  readonly new_ids: readonly string[]
  readonly expect: Readonly<Record<string, unknown>>
}

/** @param ticker a new one for each case */
export async function checkIdentityTicks(
  vectors: readonly IdentityTicksVector[],
  ticker: () => IdentityTicker,
): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const vector of vectors) {
    const tables = ticker()
    for (const [step, { edits, expect, faults, new_ids: newIds }] of vector.steps.entries()) {
      for (const edit of edits) tables.apply(edit)
      comparison.step(vector.id, step, expect, inVectorWords(await tables.pass(faults, newIds)))
    }
  }
  return comparison.result(vectors.length)
}

function inVectorWords({ identities, links, news }: IdentityTick): unknown {
  return {
    formed: news.formed.map(({ attackers: observations, identity }) => ({
      identity_uuid: identity,
      observation_uuids: observations,
    })),
    linked: news.linked.map(({ attacker, identity }) => ({
      identity_uuid: identity,
      observation_uuid: attacker,
    })),
    merged: news.merged
      .map(({ loser, winner }) => ({ winner_uuid: winner, loser_uuid: loser }))
      .sort((a, b) => compare(a.winner_uuid, b.winner_uuid) || compare(a.loser_uuid, b.loser_uuid)),
    unmerged: news.unmerged.map(({ formerWinner, resurrected }) => ({
      resurrected_uuid: resurrected,
      former_winner_uuid: formerWinner,
    })),
    attackers: Object.fromEntries(links),
    identities: Object.fromEntries(
      [...identities].map(([uuid, { fingerprints, mergedInto }]) => [
        uuid,
        {
          merged_into: mergedInto,
          fp: fingerprints && {
            ja3_hashes: fingerprints.ja3Hashes,
            hassh_hashes: fingerprints.hasshHashes,
            tls_cert_sha256: fingerprints.tlsCertSha256,
          },
        },
      ]),
    ),
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
