import { DeserializationError } from './errors.ts'

const EMPTY = Buffer.alloc(0)

/** Records within records: no schema of the product comes near; one that refers to itself might. */
const DEPTH_MAX = 64

/** A zigzag varint of so many bytes is exact as a double. */
const EXACT_BYTES = 7

/**
 * A place in the bytes of one Avro value. Every step checks first that what it takes lies before
 * the end of the value, which is not the end of the buffer: the next record follows there.
 *
 * `field` is the name that an error gives.
 */
export class AvroCursor {
  buffer: Buffer = EMPTY
  position = 0
  /** Where the block under way must end; −1: it did not say. */
  blockEnd = -1
  private end = 0
  private itemsLeft = 0
  private depth = 0

  begin(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer
    this.position = start
    this.end = end
    this.itemsLeft = end - start
    this.depth = 0
  }

  enter(): void {
    if (++this.depth > DEPTH_MAX) {
      throw new DeserializationError('', `at most ${DEPTH_MAX} levels`, 'more')
    }
  }

  leave(): void {
    this.depth--
  }

  skip(field: string, bytes: number): void {
    const position = this.position + bytes
    if (position > this.end) this.fail(field, `${bytes} bytes`)
    this.position = position
  }

  boolean(field: string): boolean {
    const { position } = this
    this.skip(field, 1)
    const byte = this.buffer[position]!
    if (byte > 1) this.fail(field, 'a boolean (0 or 1)')
    return byte === 1
  }

  float(field: string): number {
    const { position } = this
    this.skip(field, 4)
    return this.buffer.readFloatLE(position)
  }

  double(field: string): number {
    const { position } = this
    this.skip(field, 8)
    return this.buffer.readDoubleLE(position)
  }

  skipVarint(field: string, bytesMax: number): void {
    const { buffer, end } = this
    let { position } = this
    const limit = position + bytesMax
    while (position < end && position < limit) {
      if (buffer[position++]! < 0x80) {
        this.position = position
        return
      }
    }
    this.fail(field, `a varint of at most ${bytesMax} bytes`)
  }

  /** A zigzag varint; beyond 2^53 rounded to the nearest double. */
  long(field: string, bytesMax: number): number {
    const { buffer, position } = this
    if (position < this.end) {
      // Most lengths are below 64, so one byte.
      const first = buffer[position]!
      if (first < 0x80) {
        this.position = position + 1
        return (first >>> 1) ^ -(first & 1)
      }
    }
    this.skipVarint(field, bytesMax)
    if (this.position - position > EXACT_BYTES) return this.wideLong(position)
    let unsigned = 0
    for (let at = this.position - 1; at >= position; at--) {
      unsigned = unsigned * 128 + (buffer[at]! & 0x7f)
    }
    return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2
  }

  /** A long that is exact as a double. */
  safeLong(field: string): number {
    const value = this.long(field, 10)
    if (Number.isSafeInteger(value)) return value
    throw new DeserializationError(field, 'an integer below 2^53', String(value))
  }

  /** Length of a text or of bytes. */
  length(field: string): number {
    const length = this.long(field, 5)
    if (length < 0 || length > this.end - this.position) this.fail(field, `${length} bytes`)
    return length
  }

  /** Index of a union's branch or of an enumeration's symbol. */
  index(field: string, count: number): number {
    const index = this.long(field, 5)
    if (index < 0 || index >= count) {
      throw new DeserializationError(field, `an index below ${count}`, String(index))
    }
    return index
  }

  /** Items of the next block of a list or map, 0 at its end; sets {@link blockEnd}. */
  blockCount(field: string): number {
    let count = this.long(field, 5)
    this.blockEnd = -1
    if (count < 0) {
      count = -count
      this.blockEnd = this.length(field) + this.position
    }
    this.itemsLeft -= count
    if (this.itemsLeft < 0) this.fail(field, 'no more items than bytes')
    return count
  }

  /** @param blockEnd as it was when the block began: lists within change it */
  checkBlockEnd(field: string, blockEnd: number): void {
    if (blockEnd >= 0 && this.position !== blockEnd) {
      throw new DeserializationError(field, 'a block as long as it says', 'another length')
    }
  }

  checkEnd(): void {
    if (this.position !== this.end) this.fail('', 'nothing after the last field')
  }

  fail(field: string, expected: string): never {
    throw new DeserializationError(
      field,
      expected,
      `${this.end - this.position} bytes up to the end of the value`,
    )
  }

  private wideLong(start: number): number {
    let unsigned = 0n
    for (let at = this.position - 1; at >= start; at--) {
      unsigned = (unsigned << 7n) | BigInt(this.buffer[at]! & 0x7f)
    }
    return Number(BigInt.asIntN(64, (unsigned >> 1n) ^ -(unsigned & 1n)))
  }
}
