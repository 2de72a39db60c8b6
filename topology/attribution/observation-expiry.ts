import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import { readRawByteString, writeRawByteString } from './codecs/byte-string-codec.ts'
import { checkVersion } from './codecs/version.ts'

/** What the store holds: an entry of the queue, or (under {@link ENDS_KEY}) where its ends are. */
export type ExpiryRow = ExpiryEntry | QueueEnds

interface ExpiryEntry {
  readonly type: 'entry'
  /** Key of the observation's row. */
  readonly rowKey: ByteString
  readonly appendTimeMs: number
}

interface QueueEnds {
  readonly type: 'ends'
  /** Chunk where the oldest entries are. */
  readonly firstChunk: number
  readonly nextSlot: number
}

const ENDS_KEY: ByteString = '\u0000'
const CHUNK_DIGITS = 10
const SLOT_DIGITS = 2
const CHUNK_SLOTS = 16 ** SLOT_DIGITS
const emptyQueue: QueueEnds = { type: 'ends', firstChunk: 0, nextSlot: 1 }

/** Bounds the work of one punctuation: 8,192 rows. */
const CHUNKS_MAX = 32

/**
 * The order in which observations expire: a queue in a store, in chunks of 256 slots that are read
 * and worked off one at a time.
 *
 * Q1. Slots count up by arrival. Append times nearly do; an entry that is out of order only waits
 *     for those before it.
 * Q2. A row has at most one entry: an overwrite cancels the row's old one. So what expires can be
 *     deleted without reading it.
 */
export class ObservationExpiry {
  readonly #store: KeyValueStore<ExpiryRow>
  readonly #retentionMs: number

  constructor(store: KeyValueStore<ExpiryRow>, retentionMs: number) {
    this.#store = store
    this.#retentionMs = retentionMs
  }

  /** @returns the row's slot, from 1 on */
  enqueue(rowKey: ByteString, appendTimeMs: number): number {
    const ends = this.#ends()
    const slot = ends.nextSlot
    this.#store.put(slotKey(slot), { type: 'entry', rowKey, appendTimeMs })
    this.#store.put(ENDS_KEY, { ...ends, nextSlot: slot + 1 })
    return slot
  }

  /** @param slot 0: the row has no entry */
  cancel(slot: number): void {
    if (slot > 0) this.#store.delete(slotKey(slot))
  }

  /** Hands the rows that are due to `remove`; @returns how many */
  expire(nowMs: number, remove: (rowKey: ByteString) => void): number {
    const ends = this.#ends()
    const lastChunk = chunkOf(ends.nextSlot)
    let removed = 0
    let chunk = ends.firstChunk
    for (let i = 0; i < CHUNKS_MAX; i++) {
      const rows = this.#store.group(chunkKey(chunk)) as readonly [ByteString, ExpiryEntry][]
      const due = rows.findIndex((row) => row[1].appendTimeMs + this.#retentionMs > nowMs)
      const end = due < 0 ? rows.length : due
      for (const [key, { rowKey }] of rows.slice(0, end)) {
        this.#store.delete(key)
        remove(rowKey)
      }
      removed += end
      if (end < rows.length || chunk === lastChunk) break
      chunk++
    }
    if (chunk > ends.firstChunk) this.#store.put(ENDS_KEY, { ...ends, firstChunk: chunk })
    return removed
  }

  #ends(): QueueEnds {
    return (this.#store.get(ENDS_KEY) as QueueEnds | undefined) ?? emptyQueue
  }
}

function chunkOf(slot: number): number {
  return Math.floor(slot / CHUNK_SLOTS)
}

/** Fixed width, so that byte order is the order of slots, and a chunk is a prefix. */
function slotKey(slot: number): ByteString {
  return slot.toString(16).padStart(CHUNK_DIGITS + SLOT_DIGITS, '0')
}

function chunkKey(chunk: number): ByteString {
  return chunk.toString(16).padStart(CHUNK_DIGITS, '0')
}

const VERSION = 1
const ENTRY = 0
const ENDS = 1

/** `01, (00, append time varint ms, row key to the end | 01, first chunk varint, next slot varint)` */
const expiryRowCodec: Codec<ExpiryRow> = {
  encode(row, into) {
    into.u8(VERSION)
    if (row.type === 'entry') {
      into.u8(ENTRY)
      into.varint(row.appendTimeMs)
      writeRawByteString(into, row.rowKey)
    } else {
      into.u8(ENDS)
      into.varint(row.firstChunk)
      into.varint(row.nextSlot)
    }
  },
  decode(from) {
    checkVersion(from, 'expiry row', VERSION)
    if (from.u8() === ENDS) {
      return { type: 'ends', firstChunk: from.varint(), nextSlot: from.varint() }
    }
    const appendTimeMs = from.varint()
    return { type: 'entry', appendTimeMs, rowKey: readRawByteString(from, from.remaining) }
  },
}

export const observationExpiryStore = {
  name: 'attacker-observation-expiry',
  codec: expiryRowCodec,
  groupOf: (key) => key.slice(0, CHUNK_DIGITS),
} satisfies StoreSpec<ExpiryRow>

/** The row that every new observation reads. */
export const EXPIRY_ENDS_KEY = ENDS_KEY
