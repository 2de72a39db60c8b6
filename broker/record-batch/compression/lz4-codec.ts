import { optionalPackage } from './optional-package.ts'
import { RecordsTooLargeError, type RecordCodec } from './record-codec.ts'

interface Lz4 {
  compressFrameSync(input: Buffer): Buffer
  decompressFrameSync(input: Buffer): Buffer
}

const MAGIC = 0x184d2204
const BLOCK_CHECKSUM_BIT = 0x10
const CONTENT_SIZE_BIT = 0x08
const DICTIONARY_ID_BIT = 0x01
/** In a block's length: its bytes are stored as they are. */
const STORED_BIT = 0x80000000
/** A byte of a match's length stands for 255 bytes at most. */
const EXPANSION_MAX = 255

/** LZ4 in its standard frame format, as the Kafka message format v2 asks for. */
export function lz4Codec(): RecordCodec {
  const lz4 = optionalPackage('lz4-napi') as Lz4
  return {
    compress: (records) => lz4.compressFrameSync(records),
    decompress(bytes, bytesMax) {
      if (expansionBound(bytes) > bytesMax) throw new RecordsTooLargeError(bytesMax)
      return lz4.decompressFrameSync(bytes)
    },
  }
}

/**
 * What a frame can grow to at most, by the lengths of its blocks: the package has no limit of its
 * own, and a frame's statement of its size need not be true.
 *
 * Source: LZ4 Frame Format 1.6.
 */
function expansionBound(frame: Buffer): number {
  if (frame.readUInt32LE(0) !== MAGIC) throw new RangeError('no lz4 frame')
  const flags = frame.readUInt8(4)
  // 4 to 7 for 64 KiB, 256 KiB, 1 MiB, 4 MiB.
  const blockBytesMax = 2 ** (8 + 2 * ((frame.readUInt8(5) >>> 4) & 7))
  const checksumBytes = (flags & BLOCK_CHECKSUM_BIT) === 0 ? 0 : 4
  let at = 7 + ((flags & CONTENT_SIZE_BIT) === 0 ? 0 : 8) + (flags & DICTIONARY_ID_BIT) * 4
  let bound = 0
  while (at + 4 <= frame.length) {
    const field = frame.readUInt32LE(at)
    if (field === 0) return bound
    const isStored = field >= STORED_BIT
    const length = isStored ? field - STORED_BIT : field
    bound += Math.min(blockBytesMax, isStored ? length : length * EXPANSION_MAX)
    at += 4 + length + checksumBytes
  }
  return bound
}
