import type { Codec } from '../../bytes/codec.ts'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import type { DeckyVisit } from '../campaign/decky-visit.ts'
import { type Phase, PHASES } from '../campaign/phase.ts'

/** A technique tag's place in an intrusion. */
export interface Sighting {
  readonly phase: Phase
  /** Epoch seconds. */
  readonly ts: number
  /** Which tag it was: of equal times the smaller id came first. */
  readonly tag: string
}

/**
 * A row of `identity-visits`: the first and the last sighting of an anchor (an attacker, or an
 * identity where no attacker was named) on a decky.
 *
 * Least and greatest of all sightings, so neither their order nor repeats are of effect, and the
 * visits of several anchors unite.
 */
export interface AnchorVisit {
  readonly first: Sighting
  readonly last: Sighting
}

export function visitOf(sighting: Sighting): AnchorVisit {
  return { first: sighting, last: sighting }
}

/** @returns `a` itself where `b` adds nothing */
export function unitedVisit(a: AnchorVisit, b: AnchorVisit): AnchorVisit {
  const isEarlier = isBefore(b.first, a.first)
  const isLater = isBefore(a.last, b.last)
  if (!isEarlier && !isLater) return a
  return { first: isEarlier ? b.first : a.first, last: isLater ? b.last : a.last }
}

export function deckyVisit({ first, last }: AnchorVisit): DeckyVisit {
  return {
    firstPhase: first.phase,
    firstTs: first.ts,
    lastPhase: last.phase,
    lastTs: last.ts,
  }
}

function isBefore(a: Sighting, b: Sighting): boolean {
  return a.ts === b.ts ? a.tag < b.tag : a.ts < b.ts
}

const VERSION = 1

/** `01, first, last`, each `phase u8, created seconds, tag string` */
export const anchorVisitCodec: Codec<AnchorVisit> = {
  encode({ first, last }, into) {
    into.u8(VERSION)
    writeSighting(into, first)
    writeSighting(into, last)
  },
  decode(from) {
    checkVersion(from, 'visit', VERSION)
    return { first: readSighting(from), last: readSighting(from) }
  },
}

function writeSighting(into: ByteWriter, { phase, tag, ts }: Sighting): void {
  // By number, kept in state: phases are only ever added at the end.
  into.u8(PHASES.indexOf(phase))
  writeSeconds(into, ts)
  into.string(tag)
}

function readSighting(from: ByteReader): Sighting {
  const phase = PHASES[from.u8()]
  if (phase === undefined) throw new CorruptBytesError('phase', from.position, from.end)
  return { phase, ts: readSeconds(from), tag: from.string() }
}
