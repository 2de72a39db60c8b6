import { DeserializationError } from './errors.ts'

const EMPTY = Buffer.alloc(0)

/** Records within records: no schema of the product comes near; one that refers to itself might. */
const DEPTH_MAX = 64

/** A place in the bytes of one Avro value; every step checks the end of the value first. */
export class AvroCursor {
  private buffer: Buffer = EMPTY
  position = 0
  private end = 0
  private itemsLeft = 0
  private depth = 0
  /** Where the block under way must end; −1: it did not say. */
  blockEnd = -1

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

  boolean(field: string): void {
    const { position } = this
    this.skip(field, 1)
    if (this.buffer[position]! > 1) this.fail(field, 'a boolean (0 or 1)')
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

  /** Length of a text or of bytes. */
  length(field: string): number {
    const length = this.long(field)
    if (length < 0 || length > this.end - this.position) this.fail(field, `${length} bytes`)
    return length
  }

  /** Index of a union's branch or of an enumeration's symbol. */
  index(field: string, count: number): number {
    const index = this.long(field)
    if (index < 0 || index >= count) {
      throw new DeserializationError(field, `an index below ${count}`, String(index))
    }
    return index
  }

  /** Items of the next block of a list or map, 0 at its end; sets {@link blockEnd}. */
  blockCount(field: string): number {
    let count = this.long(field)
    this.blockEnd = -1
    if (count < 0) {
      count = -count
      const size = this.long(field)
      if (size < 0 || size > this.end - this.position) this.fail(field, `a block of ${size} bytes`)
      this.blockEnd = this.position + size
    }
    this.itemsLeft -= count
    if (this.itemsLeft < 0) this.fail(field, 'no more items than bytes')
    return count
  }

  fail(field: string, expected: string): never {
    throw new DeserializationError(
      field,
      expected,
      `${this.end - this.position} bytes up to the end of the value`,
    )
  }

  /** A zigzag varint of at most 5 bytes: lengths, counts and indices never need more. */
  private long(field: string): number {
    const { buffer, position, end } = this
    if (position < end) {
      // Most lengths are below 64, so one byte.
      const first = buffer[position]!
      if (first < 0x80) {
        this.position = position + 1
        return (first >>> 1) ^ -(first & 1)
      }
    }
    this.skipVarint(field, 5)
    let unsigned = 0
    for (let at = this.position - 1; at >= position; at--) {
      unsigned = unsigned * 128 + (buffer[at]! & 0x7f)
    }
    return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2
  }
}
