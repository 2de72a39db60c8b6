import { pair, soloHands, type Hand } from './hands.ts'
import type { Random } from './random.ts'

/** One visit of one hand. */
export interface Session {
  readonly attacker: string
  readonly hand: Hand
  /** Epoch seconds. */
  readonly startTs: number
  readonly endTs: number
}

/** Whole days (UTC) before the one that is under way. */
export const SAMPLE_DAYS = 14
/** Whose days they are at the shared attacker's; the last is the day under way. */
const pairDays: readonly Turn[] = [
  ...days(6, 'first'),
  ...days(3, 'both'),
  ...days(3, 'second'),
  ...days(3, 'both'),
]
const TURNS_A_DAY = 6

type Turn = 'first' | 'second' | 'both'

function days(count: number, turn: Turn): Turn[] {
  return Array.from({ length: count }, () => turn)
}

const DAY_S = 86_400
const HOUR_S = 3600

/** The attacker whose access changes hands. */
export const sharedAttacker = pair[0].name

/**
 * Sessions of a fortnight and the day begun, oldest first, all over by `endTs`.
 *
 * Seven people are at it alone, two of them by more than one address. The eighth attacker is one
 * person for six days; then a second one joins and they take turns of a few hours for three; the
 * second is alone for three; and since two days before the last they take turns again.
 *
 * Whole days are laid out and what lies after `endTs` is cut off, so the hour of the first start
 * decides only where the sample ends, never what is in it.
 */
export function scheduleSessions(endTs: number, random: Random): Session[] {
  const sessions: Session[] = []
  const firstDayTs = firstDayOf(endTs)
  for (let day = 0; day <= SAMPLE_DAYS; day++) {
    const dayTs = firstDayTs + day * DAY_S
    for (const hand of soloHands) {
      const count = random.pick([1, 2, 2, 3])
      const attacker = hand.attackers[day % hand.attackers.length]!
      sessions.push(...workingDay(attacker, hand, dayTs, count, random))
    }
    sessions.push(...pairDay(day, dayTs, random))
  }
  return sessions.sort(byEnd).filter((session) => session.endTs < endTs)
}

/** Epoch seconds of the midnight, UTC, that the sample starts with. */
export function firstDayOf(endTs: number): number {
  return (Math.floor(endTs / DAY_S) - SAMPLE_DAYS) * DAY_S
}

function pairDay(day: number, dayTs: number, random: Random): Session[] {
  const [first, second] = pair
  const turn = pairDays[day]!
  if (turn !== 'both') {
    return workingDay(sharedAttacker, turn === 'first' ? first : second, dayTs, 2, random)
  }
  return Array.from({ length: TURNS_A_DAY }, (_, index) => {
    const hand = index % 2 === 0 ? first : second
    const startTs = dayTs + ((index + random.between(0, 0.5)) * DAY_S) / TURNS_A_DAY
    return session(sharedAttacker, hand, startTs, random)
  })
}

function workingDay(
  attacker: string,
  hand: Hand,
  dayTs: number,
  count: number,
  random: Random,
): Session[] {
  return Array.from({ length: count }, (_, index) => {
    const startTs = dayTs + (hand.startsAtHour + index * 2 + random.between(0, 1)) * HOUR_S
    return session(attacker, hand, startTs, random)
  })
}

const minutesOf: Readonly<Record<string, [number, number]>> = {
  short: [0.5, 4],
  medium: [5, 20],
  long: [25, 50],
}

function session(attacker: string, hand: Hand, startTs: number, random: Random): Session {
  const [low, high] = minutesOf[hand.habits['temporal.session_duration']!]!
  return { attacker, hand, startTs, endTs: startTs + random.between(low, high) * 60 }
}

function byEnd(a: Session, b: Session): number {
  return a.endTs - b.endTs || a.attacker.localeCompare(b.attacker)
}
