import { v5 as uuidv5 } from 'uuid'

const SAMPLE_NAMESPACE = uuidv5('attribution-streams:sample:v1', uuidv5.URL)

/** The same id for the same name, in every sample. */
export function sampleId(name: string): string {
  return uuidv5(name, SAMPLE_NAMESPACE).replaceAll('-', '')
}

/** To the millisecond, as sensors stamp. */
export function stamped(ts: number): number {
  return Math.round(ts * 1000) / 1000
}
