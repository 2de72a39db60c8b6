/**
 * Writes primitive values into one growing buffer.
 *
 * Owns a reusable buffer: `view()` is valid until the next write or `reset`, so a consumer copies
 * at once. One writer serves many values, which is why encoding allocates nothing per value.
 *
 * Layouts: integers in records are LEB128 varints (unsigned) or zigzag varints (signed, up to
 * 2^53), doubles are 8 bytes little endian, strings are a varint byte length and UTF-8.
 */
export class ByteWriter {
  buffer: Buffer
  position = 0

  constructor(initialBytes = 1024) {
    this.buffer = Buffer.allocUnsafe(initialBytes)
  }

  reset(): void {
    this.position = 0
  }

  /** Bytes written so far; shares memory with the writer. */
  view(): Buffer {
    return this.buffer.subarray(0, this.position)
  }

  /** Bytes written so far, in memory of their own. */
  copy(): Buffer {
    return Buffer.from(this.view())
  }

  /** Makes room for `bytes` more; call before touching `buffer` directly. */
  reserve(bytes: number): void {
    const needed = this.position + bytes
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, needed))
    this.buffer.copy(grown, 0, 0, this.position)
    this.buffer = grown
  }

  u8(value: number): void {
    this.reserve(1)
    this.buffer[this.position++] = value
  }

  /** Unsigned varint; `value` is a safe integer ≥ 0. */
  varint(value: number): void {
    this.reserve(8)
    const { buffer } = this
    let position = this.position
    let rest = value
    if (value > 0x7fffffff) {
      // The low 28 bits as an integer: a remainder of a large number costs more than all else.
      rest = Math.floor(value / 0x10000000)
      const low = value - rest * 0x10000000
      buffer[position] = low | 0x80
      buffer[position + 1] = (low >>> 7) | 0x80
      buffer[position + 2] = (low >>> 14) | 0x80
      buffer[position + 3] = (low >>> 21) | 0x80
      position += 4
    }
    while (rest > 0x7f) {
      buffer[position++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[position++] = rest
    this.position = position
  }

  f64(value: number): void {
    this.reserve(8)
    this.position = this.buffer.writeDoubleLE(value, this.position)
  }

  string(value: string): void {
    const { length } = value
    // Short strings are nearly always ASCII: write optimistically with a one-byte length.
    if (length < 0x80) {
      this.reserve(1 + length * 3)
      const written = this.buffer.write(value, this.position + 1)
      if (written < 0x80) {
        this.buffer[this.position] = written
        this.position += 1 + written
        return
      }
    }
    this.varint(Buffer.byteLength(value))
    this.reserve(length * 3)
    this.position += this.buffer.write(value, this.position)
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length)
    this.raw(value)
  }

  /** Appends bytes without a length. */
  raw(value: Uint8Array): void {
    this.reserve(value.length)
    this.buffer.set(value, this.position)
    this.position += value.length
  }
}
