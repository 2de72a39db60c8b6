import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import type { DeckyVisit } from './decky-visit.ts'
import { type Phase, PHASES } from './phase.ts'

/**
 * Visits by decky.
 *
 *     visits := varint count, (decky string, visit)…
 *     visit  := first phase u8, last phase u8, known u8, [first seconds], [last seconds]
 *
 * Phases go by their places in PHASES: new ones are added at its end.
 */
const HAS_FIRST = 1
const HAS_LAST = 2

type Visits = Iterable<readonly [deckyId: string, visit: DeckyVisit]>

export function writeVisits(into: ByteWriter, count: number, visits: Visits): void {
  into.varint(count)
  for (const [deckyId, { firstPhase, firstTs, lastPhase, lastTs }] of visits) {
    into.string(deckyId)
    into.u8(PHASES.indexOf(firstPhase))
    into.u8(PHASES.indexOf(lastPhase))
    into.u8((firstTs === null ? 0 : HAS_FIRST) | (lastTs === null ? 0 : HAS_LAST))
    if (firstTs !== null) writeSeconds(into, firstTs)
    if (lastTs !== null) writeSeconds(into, lastTs)
  }
}

/** @throws {CorruptBytesError} no visits */
export function readVisits(from: ByteReader): [deckyId: string, visit: DeckyVisit][] {
  const visits: [string, DeckyVisit][] = []
  for (let rest = from.varint(); rest > 0; rest--) visits.push([from.string(), readVisit(from)])
  return visits
}

function readVisit(from: ByteReader): DeckyVisit {
  const firstPhase = readPhase(from)
  const lastPhase = readPhase(from)
  const known = from.u8()
  const firstTs = (known & HAS_FIRST) === 0 ? null : readTime(from)
  return {
    firstPhase,
    firstTs,
    lastPhase,
    lastTs: (known & HAS_LAST) === 0 ? null : readTime(from),
  }
}

function readPhase(from: ByteReader): Phase {
  const phase = PHASES[from.u8()]
  if (phase === undefined) throw new CorruptBytesError('phase', from.position - 1, from.end)
  return phase
}

/** @throws {CorruptBytesError} not finite: no day has such a time */
export function readTime(from: ByteReader): number {
  const seconds = readSeconds(from)
  if (!Number.isFinite(seconds)) throw new CorruptBytesError('time', from.position, from.end)
  return seconds
}
