import { v5 as uuidv5 } from 'uuid'
import { pair, soloHands } from './hands.ts'
import { Random } from './random.ts'
import { scheduleSessions, sharedAttacker, type Session } from './schedule.ts'

const SEED = 20_190_814
const MOODY_SESSIONS = 0.2
const SAMPLE_NAMESPACE = uuidv5('attribution-streams:sample:v1', uuidv5.URL)

/** Records as a sensor would send them: objects of one line of JSON each, oldest first. */
export interface Sample {
  readonly attackers: readonly object[]
  readonly observations: readonly object[]
  /** The attacker whose access changes hands. */
  readonly sharedAttackerUuid: string
}

/**
 * Makes the sample: a fortnight of eight attackers, one of whom becomes two people.
 *
 * The same `endTs` gives the same records, ids included, so that feeding it again changes nothing.
 * A later one of the same day gives some more at the end.
 * @param endTs epoch seconds; every record is older
 */
export function generateSample(endTs: number): Sample {
  const random = new Random(SEED)
  const sessions = scheduleSessions(endTs, random)
  return {
    attackers: [...soloHands, pair[0]].map(({ name }, index) => profileOf(name, index, sessions)),
    observations: sessions.flatMap((session, index) => observationsOf(session, index)),
    sharedAttackerUuid: uuidOf(sharedAttacker),
  }
}

function uuidOf(attacker: string): string {
  return uuidv5(attacker, SAMPLE_NAMESPACE).replaceAll('-', '')
}

/** Addresses and systems of the ranges kept for documentation (RFC 5737, RFC 5398). */
function profileOf(name: string, index: number, sessions: readonly Session[]): object {
  const own = sessions.filter(({ attacker }) => attacker === name)
  return {
    attacker_uuid: uuidOf(name),
    attacker_ip: `203.0.113.${10 + index}`,
    first_seen: seconds(own[0]!.startTs),
    last_seen: seconds(own.at(-1)!.endTs),
    asn: 64_496 + index,
    fingerprints: [{ kind: 'hassh', hash: new Random(SEED - index - 1).hex(32), value: null }],
    payload_hashes: [],
    c2_endpoints: [],
  }
}

function observationsOf(session: Session, index: number): object[] {
  const random = new Random(SEED + index + 1)
  const { hand } = session
  const habits = { ...hand.habits }
  if (hand.mood !== null && random.chance(MOODY_SESSIONS)) habits[hand.mood[0]] = hand.mood[1]
  const values: [primitive: string, value: unknown][] = Object.entries(habits)
  values.push(['motor.digraph_simhash', hand.digraphSimhash])
  if (hand.beaconIntervalMs !== null) {
    const jitter = random.between(0.95, 1.05)
    values.push(['toolchain.c2.beacon_interval_ms', Math.round(hand.beaconIntervalMs * jitter)])
  }
  return values.map(([primitive, value]) => envelope(session, index, primitive, value, random))
}

function envelope(
  { attacker, startTs, endTs }: Session,
  index: number,
  primitive: string,
  value: unknown,
  random: Random,
): object {
  const ts = seconds(endTs)
  return {
    attacker_uuid: uuidOf(attacker),
    id: random.hex(32),
    v: 1,
    ts,
    primitive,
    value,
    confidence: Math.round(random.between(0.6, 0.95) * 100) / 100,
    window: { start_ts: seconds(startTs), end_ts: ts },
    source: 'generated-sample',
    evidence_ref: `shard:sample/ssh/${attacker}.jsonl#${index}`,
    identity_ref: null,
  }
}

/** To the millisecond, as sensors stamp. */
function seconds(ts: number): number {
  return Math.round(ts * 1000) / 1000
}
