/**
 * How long the texts of a record may be, by field name: UTF-8 bytes, because Avro counts those
 * without decoding, and because ids become keys of stores.
 */
export interface TextLimit {
  readonly bytesMin: number
  readonly bytesMax: number
}

const ID: TextLimit = { bytesMin: 1, bytesMax: 128 }
const KIND: TextLimit = { bytesMin: 1, bytesMax: 64 }
const CODE: TextLimit = { bytesMin: 1, bytesMax: 16 }

const LIMITS: ReadonlyMap<string, TextLimit> = new Map([
  ['attacker_uuid', ID],
  ['identity_uuid', ID],
  ['root_uuid', ID],
  ['identity_ref', ID],
  ['id', ID],
  ['primitive', { bytesMin: 1, bytesMax: 256 }],
  ['source', { bytesMin: 1, bytesMax: 256 }],
  ['evidence_ref', { bytesMin: 1, bytesMax: 1_024 }],
  ['attacker_ip', KIND],
  ['kind', KIND],
  ['phase', KIND],
  ['tag_uuid', ID],
  ['session_id', ID],
  ['decky_id', ID],
  ['technique_id', CODE],
  ['sub_technique_id', CODE],
  ['tactic', CODE],
  ['worker', ID],
  ['requested_by', ID],
])

/** Limit of a text that is, or lies in, an observed value. */
export const VALUE_BYTES_MAX = 8_192
/** Levels of lists and objects in an observed value. */
export const VALUE_DEPTH_MAX = 16

/** Bytes of a whole record as Avro or JSON; a topic takes batches little larger by default. */
export const RECORD_BYTES_MAX = 1_048_576

/**
 * Bytes of an observation: JSON may write each byte of its texts as an escape of six, and they
 * come to 10 KiB together.
 */
export const OBSERVATION_BYTES_MAX = 65_536

export function textLimit(fieldName: string): TextLimit | undefined {
  return LIMITS.get(fieldName)
}

/** True when the UTF-8 form is longer than `bytesMax`; counts bytes only when it might be. */
export function isLongerThan(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false
  return text.length > bytesMax || Buffer.byteLength(text) > bytesMax
}
