/**
 * Writes a request body of the Kafka protocol: big endian, "compact" forms in flexible versions.
 *
 * W1. Buffers given to `splice` are not copied: they become parts of their own, so that a record
 *     batch goes from its builder to the socket as it is. They must not change until sent.
 *
 * Source: Kafka protocol guide, "Protocol Primitive Types"; KIP-482 for the flexible forms.
 */
export class WireWriter {
  #buffer: Buffer
  #position = 0
  #partStart = 0
  readonly #parts: Buffer[] = []

  constructor(initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(initialBytes)
  }

  int8(value: number): this {
    this.#reserve(1)
    this.#position = this.#buffer.writeInt8(value, this.#position)
    return this
  }

  int16(value: number): this {
    this.#reserve(2)
    this.#position = this.#buffer.writeInt16BE(value, this.#position)
    return this
  }

  int32(value: number): this {
    this.#reserve(4)
    this.#position = this.#buffer.writeInt32BE(value, this.#position)
    return this
  }

  int64(value: bigint | number): this {
    this.#reserve(8)
    this.#position = this.#buffer.writeBigInt64BE(BigInt(value), this.#position)
    return this
  }

  bool(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  /** Unsigned, at most 32 bits. */
  varint(value: number): this {
    this.#reserve(5)
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.#buffer[this.#position++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#position++] = rest
    return this
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const bytes = Buffer.byteLength(value)
    return this.int16(bytes).#utf8(value, bytes)
  }

  compactString(value: string | null): this {
    if (value === null) return this.varint(0)
    const bytes = Buffer.byteLength(value)
    return this.varint(bytes + 1).#utf8(value, bytes)
  }

  bytes(value: Uint8Array | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).#raw(value)
  }

  compactBytes(value: Uint8Array | null): this {
    return value === null ? this.varint(0) : this.varint(value.length + 1).#raw(value)
  }

  array<T>(items: readonly T[] | null, each: (item: T, writer: this) => void): this {
    if (items === null) return this.int32(-1)
    this.int32(items.length)
    for (const item of items) each(item, this)
    return this
  }

  compactArray<T>(items: readonly T[] | null, each: (item: T, writer: this) => void): this {
    if (items === null) return this.varint(0)
    this.varint(items.length + 1)
    for (const item of items) each(item, this)
    return this
  }

  /** The empty set of tagged fields that ends every structure of a flexible version. */
  tags(): this {
    return this.int8(0)
  }

  /** Continues the body with `bytes`, uncopied. */
  splice(bytes: Buffer): this {
    this.#closePart()
    this.#parts.push(bytes)
    return this
  }

  /** The body as pieces in order; the writer must not be used after. */
  parts(): readonly Buffer[] {
    this.#closePart()
    return this.#parts
  }

  #closePart(): void {
    if (this.#position > this.#partStart) {
      this.#parts.push(this.#buffer.subarray(this.#partStart, this.#position))
      this.#partStart = this.#position
    }
  }

  #utf8(value: string, bytes: number): this {
    this.#reserve(bytes)
    this.#position += this.#buffer.write(value, this.#position)
    return this
  }

  #raw(value: Uint8Array): this {
    this.#reserve(value.length)
    this.#buffer.set(value, this.#position)
    this.#position += value.length
    return this
  }

  #reserve(bytes: number): void {
    if (this.#position + bytes <= this.#buffer.length) return
    // Parts already closed keep the old buffer; only the open one moves.
    const open = this.#buffer.subarray(this.#partStart, this.#position)
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, open.length + bytes))
    open.copy(grown)
    this.#buffer = grown
    this.#position = open.length
    this.#partStart = 0
  }
}
