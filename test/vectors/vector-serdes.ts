import { rawValue } from '../../broker/record-batch/record-fields.ts'
import type { RawRecord } from '../../broker/record-batch/record.ts'
import { structuredValue } from '../../schemas/canonical-json.ts'
import { valueToJson } from '../../schemas/observed-value.ts'
import type {
  AttackerProfile,
  IdentityLink,
  IdentityObservationView,
  ObservationView,
  Value,
} from '../../schemas/records.ts'
import type { AttributionSerdes } from '../../topology/attribution/public-serdes.ts'
import type { CampaignSerdes } from '../../topology/campaign/campaign-options.ts'
import type { IdentitySerdes } from '../../topology/identity/identity-options.ts'

/**
 * Plain JSON for the vectors' records: some hold times before 1970, which the reference takes and
 * the product's public schemas refuse.
 */
export const vectorSerdes: AttributionSerdes = {
  observation: (raw) => withValue(read(raw) as ObservationView),
  attackerProfile: (raw) => read(raw) as AttackerProfile,
  identityLink: (raw) => read(raw) as IdentityLink,
  identityObservation: (raw) => withValue(read(raw) as IdentityObservationView),
  stateChanged: (change) => write({ ...change, current_value: valueToJson(change.current_value) }),
  multiActorSuspected: write,
  multiActorCleared: write,
}

export const identityVectorSerdes: IdentitySerdes = {
  link: write,
  formed: write,
  linked: write,
  merged: write,
  unmerged: write,
  generic: write,
}

export const campaignVectorSerdes: CampaignSerdes = {
  formed: write,
  identityAssigned: write,
  campaignAssigned: write,
  merged: write,
  unmerged: write,
}

export function read(raw: RawRecord): unknown {
  return JSON.parse(rawValue(raw)!.toString())
}

export function write(record: object): Buffer {
  return Buffer.from(JSON.stringify(record))
}

function withValue<T extends { readonly value: Value }>(observation: T): T {
  const json: unknown = observation.value
  if (typeof json !== 'object' || json === null) return observation
  return { ...observation, value: structuredValue(json, 'value') }
}
