import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { State } from '../../../schemas/records.ts'
import { type Contributor, PUBLIC_CONTRIBUTOR, SEVERAL_CONTRIBUTORS } from '../contributor.ts'
import type { OpenProfile, PendingMove } from '../open-profile.ts'
import { isSameValue } from '../value.ts'
import { readCause, writeCause } from './cause-codec.ts'
import { readSeconds, writeSeconds } from './seconds-codec.ts'
import { readSeries, writeSeries } from './series-codec.ts'
import { readValue, writeValue } from './value-codec.ts'

/**
 * A profile in bytes: the series, then the row, which mostly repeats what the series says.
 *
 *     profile := flags u8, changed seconds, series, current, confidence value,
 *                [count varint, observed seconds], [cause u8, varint ms]
 *     flags   := bits 0–2 state (0 none), 3–4 contributor (0 several, 1 public, 2 the attacker of
 *                the series), 5 count and observed follow (they differ from the series'),
 *                6 a move is pending, 7 the series is stale
 *     current := 00 value | 1 + place of the same value among the observations
 */
const STATES: readonly (State | null)[] = [
  null,
  'unknown',
  'stable',
  'drifting',
  'conflicted',
  'multi_actor',
]
const SEVERAL = 0
const PUBLIC = 1 << 3
const ATTACKER = 2 << 3
const CONTRIBUTOR_MASK = 3 << 3
const ROW_DIFFERS = 0x20
const MOVE_PENDING = 0x40
const IS_STALE = 0x80

export function writeProfile(into: ByteWriter, profile: OpenProfile): void {
  const { series, move } = profile
  const rowDiffers =
    profile.observationCount !== series.count || profile.lastObservationTs !== series.newestTs
  into.u8(
    flagsOf(profile.state, profile.contributor) |
      (rowDiffers ? ROW_DIFFERS : 0) |
      (move === null ? 0 : MOVE_PENDING | (move.isStale ? IS_STALE : 0)),
  )
  writeSeconds(into, profile.lastChangeTs)
  writeSeries(into, series)
  writeCurrentValue(into, profile)
  writeValue(into, profile.confidence)
  if (rowDiffers) {
    into.varint(profile.observationCount)
    writeSeconds(into, profile.lastObservationTs)
  }
  if (move !== null) {
    writeCause(into, move.cause)
    into.varint(move.timestampMs)
  }
}

/**
 * Reads a profile into the structure given.
 * @throws {CorruptBytesError} no profile starts here
 */
export function readProfile(from: ByteReader, into: OpenProfile): void {
  const flags = from.u8()
  const state = stateOf(flags)
  if (state === undefined) throw new CorruptBytesError('state', from.position, from.end)
  into.state = state
  into.lastChangeTs = readSeconds(from)
  const { series } = into
  readSeries(from, series)
  into.contributor = contributorOf(flags, series.length === 0 ? undefined : series.attackers[0])
  const place = from.u8()
  if (place > series.length) throw new CorruptBytesError('place', from.position, from.end)
  into.currentValue = place === 0 ? readValue(from) : series.values[place - 1]!
  into.confidence = readValue(from) as number
  const rowDiffers = (flags & ROW_DIFFERS) !== 0
  into.observationCount = rowDiffers ? from.varint() : series.count
  into.lastObservationTs = rowDiffers ? readSeconds(from) : series.newestTs
  into.move = (flags & MOVE_PENDING) === 0 ? null : readMove(from, (flags & IS_STALE) !== 0)
}

/** The flags of a profile whose row is that of its series and that no move has marked. */
export function flagsOf(state: State | null, contributor: Contributor): number {
  return STATES.indexOf(state) | contributorFlag(contributor)
}

export function stateOf(flags: number): State | null | undefined {
  return STATES[flags & 0x07]
}

function contributorFlag(contributor: Contributor): number {
  if (contributor === SEVERAL_CONTRIBUTORS) return SEVERAL
  return contributor === PUBLIC_CONTRIBUTOR ? PUBLIC : ATTACKER
}

function contributorOf(flags: number, attacker: Contributor | undefined): Contributor {
  switch (flags & CONTRIBUTOR_MASK) {
    case ATTACKER:
      return attacker ?? SEVERAL_CONTRIBUTORS
    case PUBLIC:
      return PUBLIC_CONTRIBUTOR
    default:
      return SEVERAL_CONTRIBUTORS
  }
}

function writeCurrentValue(into: ByteWriter, { currentValue, series }: OpenProfile): void {
  for (let i = series.length - 1; i >= 0; i--) {
    if (isSameValue(series.values[i]!, currentValue)) {
      into.u8(i + 1)
      return
    }
  }
  into.u8(0)
  writeValue(into, currentValue)
}

function readMove(from: ByteReader, isStale: boolean): PendingMove {
  return { cause: readCause(from), timestampMs: from.varint(), isStale }
}
