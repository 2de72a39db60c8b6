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

/**
 * Plain JSON for the vectors' records: some hold times before 1970, which the reference takes and
 * the product's public schemas refuse.
 */
export const vectorSerdes: AttributionSerdes = {
  observation: (raw) => {
    const observation = read(raw) as ObservationView
    return { ...observation, value: valueOf(observation.value) }
  },
  attackerProfile: (raw) => read(raw) as AttackerProfile,
  identityLink: (raw) => read(raw) as IdentityLink,
  identityObservation: (raw) => read(raw) as IdentityObservationView,
  stateChanged: (change) => write({ ...change, current_value: valueToJson(change.current_value) }),
  multiActorSuspected: write,
  multiActorCleared: write,
}

export function read(raw: RawRecord): unknown {
  return JSON.parse(rawValue(raw)!.toString())
}

export function write(record: object): Buffer {
  return Buffer.from(JSON.stringify(record))
}

function valueOf(json: unknown): Value {
  return typeof json === 'object' && json !== null
    ? structuredValue(json, 'value')
    : (json as Value)
}
