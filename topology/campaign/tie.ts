import type { ByteString } from '../../bytes/byte-string.ts'
import { escapedText } from '../clustering/escaped-text.ts'
import type { CampaignFeatures } from './campaign-features.ts'
import { footholdLeftTs, footholdTakenTs, HAND_OFF_S } from './hand-off.ts'
import { CENTROID_BYTES, centroidByte, type KeystrokeCentroid } from './keystroke-centroid.ts'

/**
 * Something that two identities must share before anything else about them can join them, as a key
 * of posting lists:
 *
 *     i, escaped member of the infrastructure
 *     h, day : byte : value : escaped decky      a foothold and the hands that typed there
 *
 * T1. Without infrastructure in common, likeness of hands and deckies weighs at most 0.7: only a
 *     hand-over by the same hands is left.
 * T2. Hands are the same when fewer than 8 bits of 64 differ; then at least one of the 8 bytes of
 *     the centroids is equal.
 * T3. A foothold left on one day (of UTC) is taken up on that day or on the next. Who left it holds
 *     the ties of both days, who took it up those of the day, so whoever may hand over shares one.
 */
export type Tie = ByteString

/** Says that a tie is so common that it joins nobody by itself. */
export type IsGenericTie = (tie: Tie) => boolean

export const noTieIsGeneric: IsGenericTie = () => false

export function tiesOf(features: CampaignFeatures): Set<Tie> {
  const ties = new Set<Tie>()
  for (const member of features.infrastructure) ties.add(infrastructureTie(member))
  const { keystrokes, visits } = features
  if (keystrokes === null) return ties
  for (const [deckyId, visit] of visits) {
    const leftTs = footholdLeftTs(visit)
    const takenTs = footholdTakenTs(visit)
    if (leftTs !== null) {
      addHandTies(ties, deckyId, dayOf(leftTs), keystrokes)
      addHandTies(ties, deckyId, dayOf(leftTs) + 1, keystrokes)
    }
    if (takenTs !== null) addHandTies(ties, deckyId, dayOf(takenTs), keystrokes)
  }
  return ties
}

export function infrastructureTie(member: string): Tie {
  return `i${escapedText(member)}`
}

/** The ties by one of which two of the same hands know of a foothold that was taken up then. */
export function* sharedHandTies(
  deckyId: string,
  takenTs: number,
  a: KeystrokeCentroid,
  b: KeystrokeCentroid,
): Generator<Tie> {
  const day = dayOf(takenTs)
  const decky = escapedText(deckyId)
  for (let i = 0; i < CENTROID_BYTES; i++) {
    const byte = centroidByte(a, i)
    if (byte === centroidByte(b, i)) yield handTie(decky, day, i, byte)
  }
}

function addHandTies(
  ties: Set<Tie>,
  deckyId: string,
  day: number,
  keystrokes: KeystrokeCentroid,
): void {
  const decky = escapedText(deckyId)
  for (let i = 0; i < CENTROID_BYTES; i++) {
    ties.add(handTie(decky, day, i, centroidByte(keystrokes, i)))
  }
}

function handTie(escapedDecky: ByteString, day: number, place: number, byte: number): Tie {
  return `h${day}:${place}:${byte}:${escapedDecky}`
}

/** Whole seconds first: their division is exact, so times a day apart are never two days apart. */
function dayOf(ts: number): number {
  return Math.floor(Math.floor(ts) / HAND_OFF_S)
}
