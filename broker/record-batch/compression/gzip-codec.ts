import { gunzipSync, gzipSync } from 'node:zlib'
import { RecordsTooLargeError, type RecordCodec } from './record-codec.ts'

export function gzipCodec(): RecordCodec {
  return {
    compress: (records) => gzipSync(records),
    decompress: (bytes, bytesMax) =>
      limited(bytesMax, () => gunzipSync(bytes, { maxOutputLength: bytesMax })),
  }
}

/** Runs a decompression of node:zlib that keeps to `bytesMax` by itself. */
export function limited(bytesMax: number, decompress: () => Buffer): Buffer {
  try {
    return decompress()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error
    throw new RecordsTooLargeError(bytesMax)
  }
}
