/** A value ended before it was complete, or has an impossible length: the bytes are damaged. */
export class CorruptBytesError extends Error {
  readonly code = 'CORRUPT_BYTES'

  constructor(what: string, position: number, end: number) {
    super(`corrupt bytes: ${what} at ${position} runs beyond ${end}`)
    this.name = 'CorruptBytesError'
  }
}
