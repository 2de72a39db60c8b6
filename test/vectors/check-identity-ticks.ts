import { connectedComponents } from '../../topology/identity/connected-components.ts'
import type { PassOutcome } from '../../topology/identity/clusterer.ts'
import { MemoryIdentityStore } from '../support/memory-identity-store.ts'
import { type CheckResult, Comparison } from './check-result.ts'

export interface IdentityTicksVector {
  readonly id: string
  readonly steps: readonly Step[]
}

interface Step {
  readonly edits: readonly Edit[]
  readonly faults: readonly (readonly [call: string, key: string])[]
  readonly new_ids: readonly string[]
  readonly expect: Readonly<Record<string, unknown>>
}

type Edit =
  | { readonly edit: 'add_identity'; readonly uuid: string }
  | { readonly edit: 'add_attacker'; readonly row: Row }
  | {
      readonly edit: 'set_fingerprints'
      readonly attacker: string
      readonly fingerprints: readonly unknown[]
    }
  | { readonly edit: 'relink'; readonly attacker: string; readonly identity: string | null }

interface Row {
  readonly uuid: string
  readonly asn: number | null
  readonly identity_id: string | null
  readonly fingerprints: readonly unknown[]
}

export async function checkIdentityTicks(
  vectors: readonly IdentityTicksVector[],
): Promise<CheckResult> {
  const comparison = new Comparison()
  for (const vector of vectors) {
    const store = new MemoryIdentityStore()
    for (const [step, { edits, expect, faults, new_ids: newIds }] of vector.steps.entries()) {
      for (const edit of edits) apply(store, edit)
      store.beginPass(faults, newIds)
      const outcome = connectedComponents.pass(store)
      comparison.step(vector.id, step, expect, received(outcome, store))
    }
  }
  return await Promise.resolve(comparison.result(vectors.length))
}

function apply(store: MemoryIdentityStore, edit: Edit): void {
  switch (edit.edit) {
    case 'add_identity': {
      store.addIdentity(edit.uuid)
      return
    }
    case 'add_attacker': {
      const { asn, fingerprints, identity_id: identity, uuid } = edit.row
      store.addAttacker({ uuid, asn, fingerprints, identity })
      return
    }
    case 'set_fingerprints': {
      store.change(edit.attacker, { fingerprints: edit.fingerprints })
      return
    }
    case 'relink': {
      store.change(edit.attacker, { identity: edit.identity })
      return
    }
  }
}

/** The outcome and what is stored, in the vectors' words. */
function received(outcome: PassOutcome, store: MemoryIdentityStore): unknown {
  const attackers = [...store.attackersByUuid.values()]
  const identities = [...store.identitiesByUuid.values()]
  return {
    formed: outcome.formed.map(({ attackers: observations, identity }) => ({
      identity_uuid: identity,
      observation_uuids: observations,
    })),
    linked: outcome.linked.map(({ attacker, identity }) => ({
      identity_uuid: identity,
      observation_uuid: attacker,
    })),
    merged: outcome.merged
      .map(({ loser, winner }) => ({ winner_uuid: winner, loser_uuid: loser }))
      .sort((a, b) => compare(a.winner_uuid, b.winner_uuid) || compare(a.loser_uuid, b.loser_uuid)),
    unmerged: outcome.unmerged.map(({ formerWinner, resurrected }) => ({
      resurrected_uuid: resurrected,
      former_winner_uuid: formerWinner,
    })),
    attackers: Object.fromEntries(attackers.map(({ identity, uuid }) => [uuid, identity])),
    identities: Object.fromEntries(
      identities.map(({ fingerprints, mergedInto, uuid }) => [
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
