import type { Cause } from '../../schemas/records.ts'
import { isSameTransition, sinceLastBeginning, type Transition } from './transition.ts'
import { placeIn, type CompareWindow } from './compare-window.ts'

/**
 * Why two sequences may differ although nothing is wrong.
 *
 * link: attackers of the identity were moved, so several tasks write to it. What they come to is
 *   determined, in which order they do is not (DESIGN I1).
 * earlier-state: the row had a state before the range, which the replay begins without.
 */
export type Explanation = 'link' | 'earlier-state'

export type DifferenceKind = 'missing' | 'additional' | 'different'

export interface Difference {
  readonly kind: DifferenceKind
  /** Null: additional. */
  readonly live: Transition | null
  /** Null: missing. */
  readonly replayed: Transition | null
  /** Null: none. */
  readonly explanation: Explanation | null
}

export interface CauseCounts {
  equal: number
  missing: number
  additional: number
  different: number
  /** Of the three before, how many have an explanation. */
  explained: number
}

export interface ComparisonSummary {
  readonly byCause: Readonly<Record<Cause, Readonly<CauseCounts>>>
  readonly explained: Readonly<Record<Explanation, number>>
  readonly unexplained: number
  /** Rows with unexplained differences that come to the same state nevertheless. */
  readonly sameEnd: number
  /** At the edge of the range: not compared. */
  readonly edge: number
  /** Live sequences that begin anew, after a reset: what came before is left out. */
  readonly restarts: number
  /** The first unexplained ones, then explained ones. */
  readonly samples: readonly Difference[]
}

export interface ComparisonRules {
  readonly window: CompareWindow
  /** Input before the range exists. */
  readonly hasEarlierInput: boolean
  /** The range ends where all live input does: live and replay have come to rest. */
  readonly isQuiescent: boolean
  /** Identities that attackers were moved from or to. */
  readonly linkedIdentities: ReadonlySet<string>
}

const SAMPLES_MAX = 20

/** Compares the transitions of one row after the other and sums up. */
export class TransitionComparison {
  readonly #rules: ComparisonRules
  readonly #byCause: Record<Cause, CauseCounts>
  readonly #explained: Record<Explanation, number> = { link: 0, 'earlier-state': 0 }
  readonly #samples: Difference[] = []
  readonly #explainedSamples: Difference[] = []
  #unexplained = 0
  #sameEnd = 0
  #edge = 0
  #restarts = 0

  constructor(rules: ComparisonRules) {
    const none = () => ({ equal: 0, missing: 0, additional: 0, different: 0, explained: 0 })
    this.#rules = rules
    this.#byCause = { observation: none(), link: none(), merge: none(), unmerge: none() }
  }

  summary(): ComparisonSummary {
    return {
      byCause: this.#byCause,
      explained: this.#explained,
      unexplained: this.#unexplained,
      sameEnd: this.#sameEnd,
      edge: this.#edge,
      restarts: this.#restarts,
      samples: [...this.#samples, ...this.#explainedSamples].slice(0, SAMPLES_MAX),
    }
  }

  /** Takes all transitions of one identity's primitive, each side in its order. */
  addRow(allLive: readonly Transition[], allReplayed: readonly Transition[]): void {
    const sinceBeginning = sinceLastBeginning(allLive)
    if (sinceBeginning !== allLive) this.#restarts++
    const live = this.#inside(sinceBeginning)
    const replayed = this.#inside(allReplayed)
    const pairs = align(live, replayed)
    const isDifferent = pairs.some(([a, b]) => a === null || b === null || !isSameTransition(a, b))
    if (!isDifferent) {
      for (const [transition] of pairs) this.#byCause[transition!.cause].equal++
      return
    }
    const isSameEnd = endsAlike(live, replayed)
    const explanation = this.#explain(sinceBeginning, live, replayed, isSameEnd)
    if (explanation === null && isSameEnd) this.#sameEnd++
    for (const [a, b] of pairs) this.#count(a, b, explanation)
  }

  #inside(transitions: readonly Transition[]): Transition[] {
    return transitions.filter(({ timestampMs }) => {
      const place = placeIn(this.#rules.window, timestampMs)
      if (place === 'edge') this.#edge++
      return place === 'inside'
    })
  }

  #explain(
    allLive: readonly Transition[],
    live: readonly Transition[],
    replayed: readonly Transition[],
    isSameEnd: boolean,
  ): Explanation | null {
    const { hasEarlierInput, isQuiescent, linkedIdentities } = this.#rules
    const first = live[0] ?? replayed[0]
    if (first === undefined) return null
    const began = allLive[0] !== live[0] || (live[0]?.oldState ?? null) !== null
    if (hasEarlierInput && began) return 'earlier-state'
    // Moves change the way, never where it leads.
    const isLinked =
      linkedIdentities.has(first.identity) ||
      [...live, ...replayed].some(({ cause }) => cause !== 'observation')
    return isLinked && (isSameEnd || !isQuiescent) ? 'link' : null
  }

  #count(
    live: Transition | null,
    replayed: Transition | null,
    explanation: Explanation | null,
  ): void {
    const counts = this.#byCause[(live ?? replayed)!.cause]
    if (live !== null && replayed !== null && isSameTransition(live, replayed)) {
      counts.equal++
      return
    }
    const kind = live === null ? 'additional' : replayed === null ? 'missing' : 'different'
    counts[kind]++
    const difference = { kind, live, replayed, explanation } as const
    if (explanation === null) {
      this.#unexplained++
      if (this.#samples.length < SAMPLES_MAX) this.#samples.push(difference)
    } else {
      counts.explained++
      this.#explained[explanation]++
      if (this.#explainedSamples.length < SAMPLES_MAX) this.#explainedSamples.push(difference)
    }
  }
}

/**
 * Pairs what is equal at the beginning and at the end; of what lies between, one for one as far as
 * both have something. Not the least edit, but linear, and the same in every run.
 */
function align(
  live: readonly Transition[],
  replayed: readonly Transition[],
): [live: Transition | null, replayed: Transition | null][] {
  const shorter = Math.min(live.length, replayed.length)
  let head = 0
  while (head < shorter && isSameTransition(live[head]!, replayed[head]!)) head++
  let tail = 0
  const isTailSame = () => isSameTransition(live.at(-1 - tail)!, replayed.at(-1 - tail)!)
  while (tail < shorter - head && isTailSame()) tail++
  const between = Math.max(live.length, replayed.length) - head - tail
  const pairs: [Transition | null, Transition | null][] = []
  for (let i = 0; i < head; i++) pairs.push([live[i]!, replayed[i]!])
  for (let i = head; i < head + between; i++) {
    const a = i < live.length - tail ? live[i]! : null
    const b = i < replayed.length - tail ? replayed[i]! : null
    pairs.push([a, b])
  }
  for (let i = tail; i > 0; i--) pairs.push([live.at(-i)!, replayed.at(-i)!])
  return pairs
}

/**
 * The state that both come to. The value is left out: a new value in the same state is not
 * published, so the last one that was depends on the way.
 */
function endsAlike(live: readonly Transition[], replayed: readonly Transition[]): boolean {
  // A row that was emptied and one that never was are both no row.
  return (live.at(-1)?.newState ?? null) === (replayed.at(-1)?.newState ?? null)
}
