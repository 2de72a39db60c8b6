import { optionalPackage } from './optional-package.ts'
import { RecordsTooLargeError, type RecordCodec } from './record-codec.ts'

interface Snappy {
  compressSync(input: Buffer): Buffer
  uncompressSync(input: Buffer): Buffer
}

/** `\x82SNAPPY\0`, then version and lowest compatible version, int32 each. */
const XERIAL_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')
const XERIAL_MAGIC = XERIAL_HEADER.subarray(0, 8)
/** Uncompressed bytes of a block, as Kafka's Java client cuts them. */
const BLOCK_BYTES = 32 * 1024

/**
 * Snappy in the framing of snappy-java ("xerial"): a header, then blocks, each after its length.
 *
 * Kafka's Java client reads nothing else. Some clients write a single block without framing, which
 * is read too: no block can begin with the header's magic, whose third byte would copy from nowhere.
 */
export function snappyCodec(): RecordCodec {
  const snappy = optionalPackage('snappy') as Snappy
  return {
    compress: (records) => Buffer.concat(framed(snappy, records)),
    decompress(bytes, bytesMax) {
      const blocks = bytes.subarray(0, 8).equals(XERIAL_MAGIC) ? blocksOf(bytes) : [bytes]
      let left = bytesMax
      for (const block of blocks) left -= uncompressedLength(block)
      if (left < 0) throw new RecordsTooLargeError(bytesMax)
      return Buffer.concat(blocks.map((block) => snappy.uncompressSync(block)))
    },
  }
}

function framed(snappy: Snappy, records: Buffer): Buffer[] {
  const pieces: Buffer[] = [XERIAL_HEADER]
  for (let at = 0; at < records.length; at += BLOCK_BYTES) {
    const block = snappy.compressSync(records.subarray(at, at + BLOCK_BYTES))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    pieces.push(length, block)
  }
  return pieces
}

function blocksOf(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let at = XERIAL_HEADER.length
  while (at < bytes.length) {
    const start = at + 4
    const end = start + bytes.readInt32BE(at)
    if (end <= start || end > bytes.length) throw new RangeError(`a snappy block at byte ${at}`)
    blocks.push(bytes.subarray(start, end))
    at = end
  }
  return blocks
}

/** A block begins with the length of its contents, a varint. */
function uncompressedLength(block: Buffer): number {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = block.readUInt8(i)
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return length
  }
  throw new RangeError('a snappy block without a length')
}
