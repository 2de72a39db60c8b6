import { CorruptBytesError } from './errors.ts'

/**
 * Reads what {@link ByteWriter} wrote, from a range of a buffer, without copying.
 *
 * R1. Never reads beyond `end`: a truncated value is a {@link CorruptBytesError}, not garbage.
 */
export class ByteReader {
  readonly buffer: Buffer
  position: number
  readonly end: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  u8(): number {
    if (this.position >= this.end) throw new CorruptBytesError('byte', this.position, this.end)
    return this.buffer[this.position++]!
  }

  varint(): number {
    // Two integers of 28 bits: doubles are for the few values beyond.
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return low
    }
    let high = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8()
      high |= (byte & 0x7f) << shift
      if (byte < 0x80) return low + high * 0x10000000
    }
    throw new CorruptBytesError('varint', this.position, this.end)
  }

  f64(): number {
    const at = this.advance(8, 'double')
    return this.buffer.readDoubleLE(at)
  }

  string(): string {
    const length = this.varint()
    const at = this.advance(length, 'string')
    return this.buffer.toString('utf8', at, at + length)
  }

  /** A view; it shares memory with the source buffer. */
  bytes(): Buffer {
    const length = this.varint()
    const at = this.advance(length, 'bytes')
    return this.buffer.subarray(at, at + length)
  }

  private advance(length: number, what: string): number {
    const at = this.position
    if (at + length > this.end) throw new CorruptBytesError(what, at, this.end)
    this.position = at + length
    return at
  }
}
