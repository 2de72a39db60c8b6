import { utf8Slice } from './utf8-slice.ts'

interface Entry {
  readonly bytes: Uint8Array
  readonly text: string
}

const SLOTS = 1_024
const LENGTH_MAX = 64

/**
 * Texts by their bytes: where the same few come again and again (names of primitives, categories),
 * finding one costs half of making it anew, and equal texts are one string, whose hash is known.
 *
 * A table of fixed size whose slots are overwritten: text that never comes again only costs time.
 */
export class SharedTexts {
  private readonly entries = new Array<Entry | undefined>(SLOTS).fill(undefined)

  /** The text of these bytes of UTF-8. */
  get(buffer: Buffer, start: number, length: number): string {
    if (length > LENGTH_MAX || length === 0) return utf8Slice(buffer, start, start + length)
    const slot = slotOf(buffer, start, length)
    const entry = this.entries[slot]
    if (entry !== undefined && isEqual(entry.bytes, buffer, start, length)) return entry.text
    const end = start + length
    const text = utf8Slice(buffer, start, end)
    this.entries[slot] = { bytes: Uint8Array.from(buffer.subarray(start, end)), text }
    return text
  }
}

/** First, middle and last bytes tell names apart well enough, and cost less than all. */
function slotOf(buffer: Buffer, start: number, length: number): number {
  const last = start + length - 1
  const hash =
    length * 31 +
    buffer[start]! * 7 +
    buffer[start + (length >> 1)]! * 131 +
    buffer[last]! * 17 +
    buffer[length > 1 ? last - 1 : last]! * 1_031
  return hash % SLOTS
}

function isEqual(bytes: Uint8Array, buffer: Buffer, start: number, length: number): boolean {
  if (bytes.length !== length) return false
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== buffer[start + i]) return false
  }
  return true
}
