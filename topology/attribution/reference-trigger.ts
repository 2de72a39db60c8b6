import type { RawRecord } from '../../broker/record-batch/record.ts'
import { toByteString } from '../../bytes/byte-string.ts'
import type { TriggerInput } from './resolve-input.ts'

/** Topic of bare events; reference policy only. */
export const TRIGGER_TOPIC = 'attribution.trigger'

/**
 * Reads `{"attacker_uuid", "primitive"}`; a missing field is empty, and such an event is dropped
 * where it is handled.
 */
export function readTrigger(raw: RawRecord): TriggerInput {
  const text = raw.buffer.toString('utf8', raw.valueStart, raw.valueEnd)
  const event = JSON.parse(text) as { attacker_uuid?: unknown; primitive?: unknown }
  const attackerUuid = typeof event.attacker_uuid === 'string' ? event.attacker_uuid : ''
  const primitive = typeof event.primitive === 'string' ? event.primitive : ''
  return { type: 'trigger', attackerUuid, attacker: toByteString(attackerUuid), primitive }
}
