import { isDeepStrictEqual } from 'node:util'

/** What a family's check found. */
export interface CheckResult {
  readonly cases: number
  /** Steps whose outcome was compared. */
  readonly prefixes: number
  readonly mismatches: readonly Mismatch[]
  /** What else there is to say, a line each. */
  readonly remarks?: readonly string[]
}

export interface Mismatch {
  readonly caseId: string
  readonly step: number
  readonly expected: unknown
  readonly received: unknown
}

/** Compares step by step and keeps what differs. */
export class Comparison {
  readonly mismatches: Mismatch[] = []
  prefixes = 0

  /** One step: `expected` and `received` are plain data, compared exactly. */
  step(caseId: string, step: number, expected: unknown, received: unknown): void {
    this.prefixes++
    if (isDeepStrictEqual(received, expected)) return
    this.mismatches.push({ caseId, step, expected, received })
  }

  result(cases: number): CheckResult {
    return { cases, prefixes: this.prefixes, mismatches: this.mismatches }
  }
}

const RELATIVE = 1e-9

/**
 * The received number, unless it is the expected one but for rounding: then the expected one, so
 * that both compare exactly. For results of the numeric merger only.
 */
export function rounded(expected: unknown, received: unknown): unknown {
  if (typeof expected !== 'number' || typeof received !== 'number') return received
  const scale = Math.max(Math.abs(expected), Math.abs(received))
  return Math.abs(expected - received) <= RELATIVE * scale ? expected : received
}
