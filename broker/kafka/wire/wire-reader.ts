import { RetriableError } from '../../errors.ts'

/**
 * Reads a response body of the Kafka protocol.
 *
 * R1. Byte ranges are views of the response: keeping one keeps the whole response in memory.
 * R2. A length beyond the body is an error, never a short value: the peer is no Kafka, or the
 *     version asked for is not the one answered.
 *
 * Source: Kafka protocol guide, "Protocol Primitive Types"; KIP-482 for the flexible forms.
 */
export class WireReader {
  readonly #buffer: Buffer
  #position = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get remaining(): number {
    return this.#buffer.length - this.#position
  }

  int8(): number {
    return this.#buffer.readInt8(this.#advance(1))
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4))
  }

  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#advance(8))
  }

  /** An int64 that is an offset or a time: exact up to 2^53. */
  offset(): number {
    return Number(this.int64())
  }

  bool(): boolean {
    return this.int8() !== 0
  }

  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#advance(1))
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw malformed('a varint of more than 32 bits')
  }

  uuid(): Buffer {
    return this.#take(16)
  }

  string(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#take(length).toString('utf8')
  }

  compactString(): string | null {
    const length = this.varint()
    return length === 0 ? null : this.#take(length - 1).toString('utf8')
  }

  bytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.#take(length)
  }

  compactBytes(): Buffer | null {
    const length = this.varint()
    return length === 0 ? null : this.#take(length - 1)
  }

  /** A null array reads as an empty one. */
  array<T>(each: (reader: this) => T): T[] {
    return this.#items(this.int32(), each)
  }

  /** A null array reads as an empty one. */
  compactArray<T>(each: (reader: this) => T): T[] {
    return this.#items(this.varint() - 1, each)
  }

  /** Passes over the tagged fields that end a structure of a flexible version. */
  tags(): void {
    this.taggedFields(() => undefined)
  }

  /** @param each gets every tagged field: its tag and its bytes */
  taggedFields(each: (tag: number, field: Buffer) => void): void {
    for (let left = this.varint(); left > 0; left--) {
      const tag = this.varint()
      each(tag, this.#take(this.varint()))
    }
  }

  #items<T>(count: number, each: (reader: this) => T): T[] {
    // An item takes a byte at least: a count beyond that is no count.
    if (count > this.remaining) throw malformed(`an array of ${count} items`)
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(each(this))
    return items
  }

  #take(length: number): Buffer {
    const start = this.#advance(length)
    return this.#buffer.subarray(start, start + length)
  }

  #advance(length: number): number {
    const start = this.#position
    if (length < 0 || start + length > this.#buffer.length) {
      throw malformed(`${length} bytes at ${start} of ${this.#buffer.length}`)
    }
    this.#position = start + length
    return start
  }
}

function malformed(what: string): RetriableError {
  return new RetriableError(`a broker's answer does not fit the protocol: ${what}`)
}
