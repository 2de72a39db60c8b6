/**
 * Zigzag varints of record fields: lengths and deltas (32 bit), timestamp deltas (64 bit).
 *
 * V1. Exact for every safe integer: the sign goes into the first byte by itself, so no
 *     intermediate exceeds 2^53 although a doubled value would.
 */

/** Bytes that {@link writeVarint} takes for a 32-bit integer. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x200000) return 3
  return zigzag < 0x10000000 ? 4 : 5
}

/** Writes a 32-bit integer; @returns the position after it. */
export function writeVarint(buffer: Buffer, value: number, at: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  let position = at
  while (zigzag > 0x7f) {
    buffer[position++] = zigzag | 0x80
    zigzag >>>= 7
  }
  buffer[position++] = zigzag
  return position
}

export function varlongBytes(value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return varintBytes(value)
  let half = Math.floor((value < 0 ? -value - 1 : value) / 64)
  let bytes = 1
  while (half > 0) {
    half = Math.floor(half / 128)
    bytes++
  }
  return bytes
}

/** Writes a safe integer; @returns the position after it. */
export function writeVarlong(buffer: Buffer, value: number, at: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(buffer, value, at)
  const magnitude = value < 0 ? -value - 1 : value
  let rest = Math.floor(magnitude / 64)
  let position = at
  buffer[position++] = ((magnitude % 64) << 1) | (value < 0 ? 1 : 0) | 0x80
  while (rest > 0x7f) {
    buffer[position++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  buffer[position++] = rest
  return position
}

/**
 * A position moving over varints; one a decoder, so that reading allocates nothing.
 *
 * A read beyond the buffer gives zeros: the caller compares `position` with the record's end.
 */
export class VarintCursor {
  position = 0

  varint(buffer: Buffer): number {
    let byte = buffer[this.position++]!
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let zigzag = byte & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      byte = buffer[this.position++]!
      zigzag |= (byte & 0x7f) << shift
      if (!(byte > 0x7f)) break
    }
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }

  varlong(buffer: Buffer): number {
    let byte = buffer[this.position++]!
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    const isNegative = (byte & 1) === 1
    let magnitude = (byte & 0x7f) >>> 1
    let scale = 64
    for (let i = 0; i < 9; i++) {
      byte = buffer[this.position++]!
      magnitude += (byte & 0x7f) * scale
      if (!(byte > 0x7f)) break
      scale *= 128
    }
    return isNegative ? -magnitude - 1 : magnitude
  }
}
