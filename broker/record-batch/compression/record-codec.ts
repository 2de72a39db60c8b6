/**
 * Compresses the records of a batch, which lie after its header.
 *
 * Synchronous: a batch is at most a few megabytes, and records are read in a plain loop.
 */
export interface RecordCodec {
  compress(records: Buffer): Buffer
  /**
   * @param bytesMax what the records may grow to: a batch of a kilobyte can hold gigabytes of zeros
   * @throws {RecordsTooLargeError} they would grow beyond it
   * @throws {Error} of any kind: the bytes are not of this codec
   */
  decompress(bytes: Buffer, bytesMax: number): Buffer
}

/** Decompressed records would take more memory than is allowed. */
export class RecordsTooLargeError extends Error {
  constructor(bytesMax: number) {
    super(`its records grow to more than ${bytesMax} bytes`)
  }
}
