import { pair, soloHands } from './hands.ts'
import { Random } from './random.ts'
import { sampleId, stamped } from './sample-ids.ts'
import { firstDayOf, scheduleSessions, sharedAttacker, type Session } from './schedule.ts'
import { techniqueTagsOf } from './technique-tags.ts'
import { toolsByAttacker } from './tools.ts'

const SEED = 20_190_814
const MOODY_SESSIONS = 0.2

/** Records as a sensor would send them: objects of one line of JSON each, oldest first. */
export interface Sample {
  readonly attackers: readonly object[]
  readonly observations: readonly object[]
  readonly techniqueTags: readonly object[]
  /** The attacker whose access changes hands. */
  readonly sharedAttackerUuid: string
  /** An attacker that is one identity with others, by the tools that they share. */
  readonly mergedAttackerUuid: string
  /** An attacker whose identity works together with another. */
  readonly campaignAttackerUuid: string
}

/**
 * Makes the sample: a fortnight of eleven attackers. One becomes two people; three, and two, are
 * one person each; and two people hand over to each other.
 *
 * The same `endTs` gives the same records, ids included, so that feeding it again changes nothing.
 * A later one of the same day gives some more at the end.
 * @param endTs epoch seconds; every record is older
 */
export function generateSample(endTs: number): Sample {
  const random = new Random(SEED)
  const sessions = scheduleSessions(endTs, random)
  const names = [...soloHands.flatMap((hand) => hand.attackers), pair[0].name]
  return {
    attackers: names.map((name, index) => profileOf(name, index, sessions)),
    observations: sessions.flatMap((session, index) => observationsOf(session, index)),
    techniqueTags: techniqueTagsOf(sessions, firstDayOf(endTs)),
    sharedAttackerUuid: sampleId(sharedAttacker),
    mergedAttackerUuid: sampleId('goshawk'),
    campaignAttackerUuid: sampleId('merlin'),
  }
}

/** Addresses and systems of the ranges kept for documentation (RFC 5737, RFC 5398). */
function profileOf(name: string, index: number, sessions: readonly Session[]): object {
  const own = sessions.filter(({ attacker }) => attacker === name)
  const { c2Endpoints, hassh, payloadHashes } = toolsByAttacker.get(name)!
  return {
    attacker_uuid: sampleId(name),
    attacker_ip: `203.0.113.${10 + index}`,
    first_seen: stamped(own[0]!.startTs),
    last_seen: stamped(own.at(-1)!.endTs),
    asn: 64_496 + index,
    fingerprints: hassh === null ? [] : [{ kind: 'hassh', hash: hassh, value: null }],
    payload_hashes: payloadHashes,
    c2_endpoints: c2Endpoints,
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
  const ts = stamped(endTs)
  return {
    attacker_uuid: sampleId(attacker),
    id: random.hex(32),
    v: 1,
    ts,
    primitive,
    value,
    confidence: Math.round(random.between(0.6, 0.95) * 100) / 100,
    window: { start_ts: stamped(startTs), end_ts: ts },
    source: 'generated-sample',
    evidence_ref: `shard:sample/ssh/${attacker}.jsonl#${index}`,
    identity_ref: null,
  }
}
