/** A valid observation as JSON data. */
export function observationJson(attacker: string, fields: object = {}): Record<string, unknown> {
  return {
    attacker_uuid: attacker,
    id: `id-of-${attacker}`,
    v: 1,
    ts: 1_700_000_000,
    primitive: 'motor.keystroke_cadence',
    value: 'bursty',
    confidence: 0.9,
    window: { start_ts: 1_700_000_000, end_ts: 1_700_000_001 },
    source: 'sensor',
    evidence_ref: `shard:decky/ssh/file#${attacker}`,
    identity_ref: null,
    ...fields,
  }
}

export function observationLine(attacker: string, fields: object = {}): string {
  return `${JSON.stringify(observationJson(attacker, fields))}\n`
}

/** Lines of attackers a0, a1, … */
export function observationLines(count: number): string {
  return Array.from({ length: count }, (_, i) => observationLine(`a${i}`)).join('')
}
