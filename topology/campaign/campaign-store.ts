import type { DeckyVisit } from './decky-visit.ts'

/** An identity as a pass reads it. */
export interface CampaignIdentity {
  readonly uuid: string
  /** The literal link: merges of campaigns do not change it; null: none. */
  readonly campaign: string | null
  /** The identity it was merged into: then it takes no part. */
  readonly mergedInto: string | null
  readonly payloadHashes: readonly string[]
  readonly c2Endpoints: readonly string[]
  /** 16 hexadecimal digits; anything else is not known. */
  readonly keystrokeCentroid: string | null
}

export interface Campaign {
  readonly uuid: string
  readonly mergedInto: string | null
}

/**
 * What a pass reads and writes. Every call may throw: the step is then left out, and what was read
 * or written before it stands.
 */
export interface CampaignStore {
  /** By creation. */
  identities(): readonly CampaignIdentity[]
  /** By creation. */
  campaigns(): readonly Campaign[]
  /** What tags tell of an identity, by decky. */
  visits(identity: string): ReadonlyMap<string, DeckyVisit>
  /** The id of a new campaign of these identities; asked once a new component. */
  newCampaign(identities: readonly string[]): string
  create(campaign: string, identities: readonly string[]): void
  link(identity: string, campaign: string): void
  /** Sets the campaign's merge pointer; null clears it. */
  merge(campaign: string, into: string | null): void
}
