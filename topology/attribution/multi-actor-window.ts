import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { Codec } from '../../bytes/codec.ts'
import { byCodePoint } from '../../schemas/canonical-json.ts'
import { readPrimitive, writePrimitive } from './codecs/primitive-codec.ts'
import { readSeconds, writeSeconds } from './codecs/seconds-codec.ts'
import { checkVersion } from './codecs/version.ts'

/** A row of `multi-actor-windows`: one identity's side of the join. */
export interface MultiActorWindow {
  /** Primitives now in `multi_actor`, with the event time at which each entered it. */
  readonly entries: readonly MultiActorEntry[]
  /** What the standing alert names, sorted; empty: no alert stands. */
  readonly announced: readonly string[]
}

export interface MultiActorEntry {
  readonly primitive: string
  /** Epoch seconds. */
  readonly entryTs: number
}

export const emptyMultiActorWindow: MultiActorWindow = { entries: [], announced: [] }

/** The window's entries after a transition of one primitive at `ts`. */
export function withTransition(
  entries: readonly MultiActorEntry[],
  primitive: string,
  isMultiActor: boolean,
  ts: number,
): MultiActorEntry[] {
  const others = entries.filter((entry) => entry.primitive !== primitive)
  return isMultiActor ? [...others, { primitive, entryTs: ts }] : others
}

/** Time of the newest entry; −Infinity without any. */
export function newestEntryTs(entries: readonly MultiActorEntry[]): number {
  return entries.reduce((newest, { entryTs }) => Math.max(newest, entryTs), -Infinity)
}

/** The primitives that entered within `windowS` before the newest entry, sorted. */
export function joined(entries: readonly MultiActorEntry[], windowS: number): string[] {
  const from = newestEntryTs(entries) - windowS
  return entries
    .filter(({ entryTs }) => entryTs >= from)
    .map(({ primitive }) => primitive)
    .sort(byCodePoint)
}

export function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((primitive, i) => primitive === b[i])
}

const VERSION = 1

/** `01, varint k, k × (primitive, seconds), varint m, m × primitive` */
export const multiActorWindowCodec: Codec<MultiActorWindow> = {
  encode({ entries, announced }, into) {
    into.u8(VERSION)
    into.varint(entries.length)
    for (const { primitive, entryTs } of entries) {
      writePrimitive(into, primitive)
      writeSeconds(into, entryTs)
    }
    into.varint(announced.length)
    for (const primitive of announced) writePrimitive(into, primitive)
  },
  decode(from) {
    checkVersion(from, 'multi-actor window', VERSION)
    const entries = readList(from, () => ({
      primitive: readPrimitive(from),
      entryTs: readSeconds(from),
    }))
    return { entries, announced: readList(from, () => readPrimitive(from)) }
  },
}

function readList<T>(from: ByteReader, read: () => T): T[] {
  const length = from.varint()
  const items: T[] = []
  for (let i = 0; i < length; i++) items.push(read())
  return items
}
