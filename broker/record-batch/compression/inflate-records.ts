import { CorruptBatchError, UnsupportedCompressionError } from '../../errors.ts'
import { codecOf, compressionNumbered } from './compression.ts'
import { MissingCodecError } from './missing-codec-error.ts'
import { RecordsTooLargeError } from './record-codec.ts'

/**
 * What the records of a batch may grow to. Far above what producers send (Kafka's limit of a
 * compressed batch is 1 MiB by default), far below what would end the process.
 */
const RECORDS_BYTES_MAX = 128 * 1024 * 1024

/**
 * Decompresses a batch's records.
 *
 * @param number of the codec in the batch's attributes
 * @param offset of the batch, for errors
 * @throws {UnsupportedCompressionError} see there
 * @throws {CorruptBatchError} the bytes are not of their codec
 */
export function inflateRecords(number: number, compressed: Buffer, offset: number): Buffer {
  const compression = compressionNumbered(number)
  if (compression === null) {
    throw new UnsupportedCompressionError(offset, `codec ${number}`, 'no codec has this number')
  }
  try {
    return codecOf(compression).decompress(compressed, RECORDS_BYTES_MAX)
  } catch (error) {
    if (error instanceof MissingCodecError || error instanceof RecordsTooLargeError) {
      throw new UnsupportedCompressionError(offset, compression, error.message)
    }
    throw new CorruptBatchError(offset, `${compression}: ${(error as Error).message}`)
  }
}
