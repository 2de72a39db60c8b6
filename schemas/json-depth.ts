const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Counts how deep lists and objects of a JSON text go, without parsing it. Of text that is not
 * JSON the answer means nothing; parsing will refuse it.
 */
export function jsonDepth(buffer: Buffer, start: number, end: number): number {
  let depth = 0
  let deepest = 0
  for (let at = start; at < end; at++) {
    const byte = buffer[at]!
    if (byte === QUOTE) {
      at++
      while (at < end && buffer[at] !== QUOTE) at += buffer[at] === BACKSLASH ? 2 : 1
      continue
    }
    // [ and { are 5b and 7b, ] and } are 5d and 7d: they differ in bit 5.
    const bracket = byte & 0xdf
    if (bracket === 0x5b) {
      if (++depth > deepest) deepest = depth
    } else if (bracket === 0x5d) depth--
  }
  return deepest
}
