import { checkTicks, mergesInVectorWords, type TicksVector } from './check-ticks.ts'
import type { CheckResult } from './check-result.ts'
import type { IdentityEdit } from './identity-edit.ts'
import type { IdentityTick, IdentityTicker } from './identity-ticker.ts'

export type IdentityTicksVector = TicksVector<IdentityEdit>

/** @param ticker a new one for each case */
export function checkIdentityTicks(
  vectors: readonly IdentityTicksVector[],
  ticker: () => IdentityTicker,
): Promise<CheckResult> {
  return checkTicks(vectors, ticker, inVectorWords)
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
    ...mergesInVectorWords(news),
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
