import * as zlib from 'node:zlib'
import { limited } from './gzip-codec.ts'
import { MissingCodecError } from './missing-codec-error.ts'
import { optionalPackage } from './optional-package.ts'
import { RecordsTooLargeError, type RecordCodec } from './record-codec.ts'

/** What node:zlib has from Node 22.15 and 23.8 on. */
interface NodeZstd {
  readonly zstdCompressSync: (records: Buffer) => Buffer
  readonly zstdDecompressSync: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer
}

interface Fzstd {
  Decompress: new (onData: (piece: Uint8Array) => void) => {
    push(bytes: Uint8Array, isLast: boolean): void
  }
}

const MAGIC = 0xfd2fb528
const SINGLE_SEGMENT_BIT = 0x20

/** Zstandard from Node itself, or, on a Node without it, read by a package and not written. */
export function zstdCodec(): RecordCodec {
  const node = zlib as unknown as Partial<NodeZstd>
  return node.zstdDecompressSync === undefined ? readingCodec() : nodeCodec(node as NodeZstd)
}

export function nodeCodec({ zstdCompressSync, zstdDecompressSync }: NodeZstd): RecordCodec {
  return {
    compress: (records) => zstdCompressSync(records),
    decompress: (bytes, bytesMax) =>
      limited(bytesMax, () => zstdDecompressSync(bytes, { maxOutputLength: bytesMax })),
  }
}

/** Plain JavaScript, so that it runs wherever Node does. */
export function readingCodec(): RecordCodec {
  const { Decompress } = optionalPackage('fzstd') as Fzstd
  return {
    compress() {
      throw new MissingCodecError('writing zstd needs Node 22.15 or later')
    },
    decompress(bytes, bytesMax) {
      // The window is allocated before the first byte comes out.
      if (windowBytes(bytes) > bytesMax) throw new RecordsTooLargeError(bytesMax)
      const pieces: Uint8Array[] = []
      let left = bytesMax
      const stream = new Decompress((piece) => {
        left -= piece.length
        if (left < 0) throw new RecordsTooLargeError(bytesMax)
        pieces.push(piece)
      })
      stream.push(bytes, true)
      return Buffer.concat(pieces)
    },
  }
}

/** The memory that a frame asks for. Source: RFC 8878, 3.1.1.1. */
function windowBytes(frame: Buffer): number {
  if (frame.readUInt32LE(0) !== MAGIC) throw new RangeError('no zstd frame')
  const descriptor = frame.readUInt8(4)
  if ((descriptor & SINGLE_SEGMENT_BIT) === 0) {
    const window = frame.readUInt8(5)
    const base = 2 ** (10 + (window >>> 3))
    return base + (base / 8) * (window & 7)
  }
  const at = 5 + [0, 1, 2, 4][descriptor & 3]!
  switch (descriptor >>> 6) {
    case 0:
      return frame.readUInt8(at)
    case 1:
      return frame.readUInt16LE(at) + 256
    case 2:
      return frame.readUInt32LE(at)
    default:
      return Number(frame.readBigUInt64LE(at))
  }
}
