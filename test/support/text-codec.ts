import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import type { Codec } from '../../bytes/codec.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'

/** Text behind a version byte: the plainest value a store can keep. */
export const textCodec: Codec<string> = {
  encode(value: string, into: ByteWriter): void {
    into.u8(1)
    into.string(value)
  },
  decode(from: ByteReader): string {
    if (from.u8() !== 1) throw new CorruptBytesError('version', 0, from.end)
    return from.string()
  },
}
