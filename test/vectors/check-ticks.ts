import type { Fault } from '../support/told-faults.ts'
import { type CheckResult, Comparison } from './check-result.ts'

/** A history of edits and passes over the reference's tables. */
export interface TicksVector<Edit> {
  readonly id: string
  readonly steps: readonly {
    readonly edits: readonly Edit[]
    readonly faults: readonly Fault[]
    readonly new_ids: readonly string[]
    readonly expect: Readonly<Record<string, unknown>>
  }[]
}

/** Something with the reference's tables that makes passes over them. */
export interface Ticker<Edit, Tick> {
  apply(edit: Edit): void
  /** Faults and ids hold for this pass. */
  pass(faults: readonly Fault[], newIds: readonly string[]): Promise<Tick>
}

/** @param ticker a new one for each case */
export async function checkTicks<Edit, Tick>(
  vectors: readonly TicksVector<Edit>[],
  ticker: () => Ticker<Edit, Tick>,
  inVectorWords: (tick: Tick) => unknown,
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

interface ClusterNews {
  readonly merged: readonly { readonly winner: string; readonly loser: string }[]
  readonly unmerged: readonly { readonly resurrected: string; readonly formerWinner: string }[]
}

/** Merges in the order of the vectors: by winner, then by loser. */
export function mergesInVectorWords({ merged, unmerged }: ClusterNews) {
  return {
    merged: merged
      .map(({ loser, winner }) => ({ winner_uuid: winner, loser_uuid: loser }))
      .sort((a, b) => compare(a.winner_uuid, b.winner_uuid) || compare(a.loser_uuid, b.loser_uuid)),
    unmerged: unmerged.map(({ formerWinner, resurrected }) => ({
      resurrected_uuid: resurrected,
      former_winner_uuid: formerWinner,
    })),
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
