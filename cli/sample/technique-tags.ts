import { sampleId, stamped } from './sample-ids.ts'
import type { Session } from './schedule.ts'

/** ATT&CK: technique, and the tactic that it served. */
type Technique = readonly [id: string, sub: string | null, tactic: string]

interface Habit {
  readonly decky: string
  /** One after the other in a session. */
  readonly techniques: readonly Technique[]
}

/**
 * What hands are seen to do on a decky, by name; the others are not tagged. Merlin leaves a
 * foothold behind in the evening, and osprey works from it the next morning.
 */
const habits: ReadonlyMap<string, Habit> = new Map<string, Habit>([
  ['goshawk', { decky: 'decky-02', techniques: [['T1110', 'T1110.001', 'TA0006']] }],
  [
    'merlin',
    {
      decky: 'decky-07',
      techniques: [
        ['T1078', null, 'TA0001'],
        ['T1098', 'T1098.004', 'TA0003'],
      ],
    },
  ],
  [
    'osprey',
    {
      decky: 'decky-07',
      techniques: [
        ['T1083', null, 'TA0007'],
        ['T1560', null, 'TA0009'],
        ['T1048', null, 'TA0010'],
      ],
    },
  ],
])

/** Sessions of a decky that is handed over, before and after: it changes hands once. */
const HANDED_OVER = 'decky-07'
const HAND_OVER_DAY = 12
const DAY_S = 86_400

/**
 * The technique tags of sessions, oldest first.
 * @param firstDayTs epoch seconds of the midnight that the sample starts with
 */
export function techniqueTagsOf(sessions: readonly Session[], firstDayTs: number): object[] {
  return sessions.flatMap((session, index) => {
    const habit = habits.get(session.hand.name)
    if (habit === undefined || !isAtWork(session, habit, firstDayTs)) return []
    const { decky, techniques } = habit
    return techniques.map((technique, nth) => tagOf(session, index, decky, technique, nth))
  })
}

/** The foothold is left by the evening of the day, and taken up from the next one on. */
function isAtWork({ hand, startTs }: Session, { decky }: Habit, firstDayTs: number): boolean {
  if (decky !== HANDED_OVER) return true
  const day = Math.floor((startTs - firstDayTs) / DAY_S)
  return hand.name === 'merlin' ? day <= HAND_OVER_DAY : day > HAND_OVER_DAY
}

function tagOf(
  { attacker, endTs, startTs }: Session,
  session: number,
  decky: string,
  [technique, sub, tactic]: Technique,
  nth: number,
): object {
  const name = `${attacker}:${session}`
  return {
    tag_uuid: sampleId(`tag:${name}:${nth}`),
    attacker_uuid: sampleId(attacker),
    identity_uuid: null,
    session_id: sampleId(`session:${name}`),
    decky_id: decky,
    technique_id: technique,
    sub_technique_id: sub,
    tactic,
    confidence: 0.9,
    created_ts: stamped(startTs + ((endTs - startTs) * (nth + 1)) / 4),
  }
}
