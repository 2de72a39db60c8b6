import type { DeckyVisit } from './decky-visit.ts'
import type { KeystrokeCentroid } from './keystroke-centroid.ts'

/** What an identity shows of the campaign it may belong to. */
export interface CampaignFeatures {
  /** Hashes of payloads and C2 endpoints, told apart by {@link payload} and {@link c2Endpoint}. */
  readonly infrastructure: ReadonlySet<string>
  /** Where from, with what, and where to; see {@link asn}, {@link tool} and {@link decky}. */
  readonly cohort: ReadonlySet<string>
  /** By decky. A decky of the cohort may have no visit: nothing done there had a phase. */
  readonly visits: ReadonlyMap<string, DeckyVisit>
  readonly keystrokes: KeystrokeCentroid | null
  readonly sessions: readonly SessionWindow[]
}

export interface SessionWindow {
  /** Epoch seconds. */
  readonly startTs: number
  readonly endTs: number
}

// Members of one set that could otherwise be mistaken for each other.
export const payload = (hash: string): string => `payload:${hash}`
export const c2Endpoint = (endpoint: string): string => `c2:${endpoint}`
export const asn = (number: number): string => `asn:${number}`
export const tool = (name: string): string => `tool:${name}`
export const decky = (id: string): string => `decky:${id}`
