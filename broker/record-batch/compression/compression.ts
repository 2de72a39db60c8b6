import { gzipCodec } from './gzip-codec.ts'
import { lz4Codec } from './lz4-codec.ts'
import type { RecordCodec } from './record-codec.ts'
import { snappyCodec } from './snappy-codec.ts'
import { zstdCodec } from './zstd-codec.ts'

/** A codec by its name in Kafka's `compression.type`. */
export type Compression = 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** By the number in a batch's attributes; 0 is none. */
const byNumber: readonly (Compression | null)[] = [null, 'gzip', 'snappy', 'lz4', 'zstd']

const makers: Record<Compression, () => RecordCodec> = {
  gzip: gzipCodec,
  snappy: snappyCodec,
  lz4: lz4Codec,
  zstd: zstdCodec,
}

const loaded = new Map<Compression, RecordCodec>()

/** The number in a batch's attributes. */
export function compressionNumber(compression: Compression): number {
  return byNumber.indexOf(compression)
}

/** Null: no codec has the number. */
export function compressionNumbered(number: number): Compression | null {
  return byNumber[number] ?? null
}

/**
 * The codec, loaded at its first use.
 *
 * @throws {MissingCodecError} its package is not installed
 */
export function codecOf(compression: Compression): RecordCodec {
  let codec = loaded.get(compression)
  if (codec === undefined) {
    codec = makers[compression]()
    loaded.set(compression, codec)
  }
  return codec
}

/**
 * For the start of a program that is told to compress, rather than its first batch.
 *
 * @throws {MissingCodecError} batches cannot be compressed so here; the message says what to do
 */
export function requireCompression(compression: Compression): void {
  codecOf(compression).compress(Buffer.from('probe'))
}
