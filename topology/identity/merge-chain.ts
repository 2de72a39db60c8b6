/** The pointer of a merged identity: to the one it was merged into; null: not merged. */
export interface MergePointer {
  readonly uuid: string
  readonly mergedInto: string | null
}

/** As many pointers are followed, so that a cycle of them cannot hold a pass. */
export const HOPS_MAX = 8

/**
 * Where chains of merges end, as a pass sees it.
 *
 * M1. A chain ends at an identity that points nowhere or at itself, or whose row is missing: then
 *     at the missing id, which is as good a name as any.
 * M2. Of a cycle, or a chain longer than {@link HOPS_MAX}, it is where the last hop led: the same
 *     in every pass over the same rows. `broken` counts the identities of which that is so.
 * M3. A merge of this pass redirects its loser alone; who was merged into the loser before follows
 *     in the next pass.
 */
export class MergeChain {
  readonly #ends = new Map<string, string>()
  readonly broken: number

  constructor(identities: readonly MergePointer[]) {
    const pointers = new Map(identities.map(({ mergedInto, uuid }) => [uuid, mergedInto]))
    let broken = 0
    for (const { uuid } of identities) {
      const end = follow(pointers, uuid)
      if (end !== uuid) this.#ends.set(uuid, end)
      if (next(pointers, end) !== null) broken++
    }
    this.broken = broken
  }

  endOf(identity: string): string {
    return this.#ends.get(identity) ?? identity
  }

  merge(loser: string, winner: string): void {
    this.#ends.set(loser, winner)
  }
}

function follow(pointers: ReadonlyMap<string, string | null>, identity: string): string {
  let at = identity
  for (let hop = 0; hop < HOPS_MAX; hop++) {
    const to = next(pointers, at)
    if (to === null) return at
    at = to
  }
  return at
}

function next(pointers: ReadonlyMap<string, string | null>, identity: string): string | null {
  const to = pointers.get(identity) ?? null
  return to === identity ? null : to
}
