const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** Stands for a line longer than allowed; its bytes were not kept. */
export const overlong = Symbol('overlong line')

/**
 * Cuts a stream of bytes into lines.
 *
 * N1. Memory is one line of `lineBytesMax` beside the chunk, however small the chunks come: a line
 *     over several is gathered in one buffer. The rest of an overlong line is passed over.
 * N2. Lines that are blank are numbered but not returned; a byte-order mark at the start is
 *     passed over.
 * N3. A returned line is a view, valid until the next call.
 */
export class NdjsonLines {
  /** Number, from 1, of the line returned last. */
  lineNumber = 0
  private readonly lineBytesMax: number
  private chunk: Buffer = Buffer.alloc(0)
  private position = 0
  private gathered: Buffer = Buffer.alloc(0)
  private gatheredBytes = 0
  private skipping = false

  constructor(lineBytesMax: number) {
    this.lineBytesMax = lineBytesMax
  }

  /** Gives the next chunk; `next` must have returned null before. */
  feed(chunk: Buffer): void {
    this.chunk = chunk
    this.position = 0
  }

  /** @returns null: the chunk holds no further line end */
  next(): Buffer | typeof overlong | null {
    for (;;) {
      const start = this.position
      const end = this.chunk.indexOf(NEWLINE, start)
      if (end === -1) {
        this.gather(this.chunk.subarray(start))
        this.position = this.chunk.length
        return null
      }
      this.position = end + 1
      const line = this.complete(this.chunk.subarray(start, end))
      if (line !== null) return line
    }
  }

  /** The line after the last newline, when the stream came to its proper end. */
  last(): Buffer | typeof overlong | null {
    return this.gatheredBytes === 0 && !this.skipping ? null : this.complete(Buffer.alloc(0))
  }

  private complete(tail: Buffer): Buffer | typeof overlong | null {
    this.lineNumber += 1
    let whole = tail
    if (this.gatheredBytes > 0 || this.skipping) {
      this.gather(tail)
      whole = this.gathered.subarray(0, this.gatheredBytes)
    }
    const skipped = this.skipping
    this.skipping = false
    this.gatheredBytes = 0
    const line = this.trim(whole)
    if (skipped || line.length > this.lineBytesMax) return overlong
    return isBlank(line) ? null : line
  }

  private gather(part: Buffer): void {
    if (this.skipping || part.length === 0) return
    const length = this.gatheredBytes + part.length
    // One byte more: a carriage return before the newline is not of the line.
    if (length > this.lineBytesMax + BOM.length + 1) {
      this.skipping = true
      this.gathered = Buffer.alloc(0)
      this.gatheredBytes = 0
      return
    }
    if (length > this.gathered.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, this.gathered.length * 2))
      this.gathered.copy(grown, 0, 0, this.gatheredBytes)
      this.gathered = grown
    }
    part.copy(this.gathered, this.gatheredBytes)
    this.gatheredBytes = length
  }

  private trim(whole: Buffer): Buffer {
    const start = this.lineNumber === 1 && whole.subarray(0, 3).equals(BOM) ? 3 : 0
    const end = whole.length - (whole.at(-1) === CARRIAGE_RETURN ? 1 : 0)
    return whole.subarray(start, Math.max(start, end))
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN) return false
  }
  return true
}
