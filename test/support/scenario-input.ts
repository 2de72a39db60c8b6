import { createHash } from 'node:crypto'
import type { Actor } from '../vectors/corpus.ts'

const DAY_S = 86_400

/** The same corpus, ended some days ago: no sensor's clock is ahead, wherever the tests run. */
export function endedDaysAgo(actors: readonly Actor[], days: number): Actor[] {
  const ends = actors.flatMap(({ sessions }) => sessions.map((each) => each.start + each.duration))
  const byS = Math.floor(Date.now() / 1000) - days * DAY_S - Math.ceil(Math.max(...ends))
  return actors.map((actor) => ({
    ...actor,
    sessions: actor.sessions.map((session) => ({ ...session, start: session.start + byS })),
  }))
}

/** What a sensor would have observed: in each session the keystrokes of whose hands they truly were. */
export function observationsOf({ id, sessions, truth_identity }: Actor): object[] {
  const hands = createHash('sha256').update(truth_identity).digest('hex').slice(0, 16)
  return sessions.map(({ duration, start }, i) => ({
    attacker_uuid: id,
    id: `${id}-${i}`,
    v: 1,
    ts: start + duration,
    primitive: 'motor.digraph_simhash',
    value: hands,
    confidence: 1,
    window: { start_ts: start, end_ts: start + duration },
    source: 'scenario',
    evidence_ref: `shard:${id}#${i}`,
    identity_ref: null,
  }))
}
