import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import type { Codec } from '../../bytes/codec.ts'
import { CorruptBytesError } from '../../bytes/errors.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import { KEYSTROKE_BITS, type KeystrokeCounts } from './keystroke-counts.ts'

/** `total varint, 64 × set varint` */
export function writeKeystrokes(into: ByteWriter, { set, total }: KeystrokeCounts): void {
  into.varint(total)
  for (const count of set) into.varint(count)
}

/** @throws {CorruptBytesError} no counts, or a bit that is set more often than there are hashes */
export function readKeystrokes(from: ByteReader): KeystrokeCounts {
  const total = from.varint()
  const set: number[] = []
  for (let bit = 0; bit < KEYSTROKE_BITS; bit++) {
    const count = from.varint()
    if (count > total) throw new CorruptBytesError(`keystroke bit ${bit}`, from.position, from.end)
    set.push(count)
  }
  return { total, set }
}

const VERSION = 1

/** `01, keystrokes`: a row that is nothing else. */
export const keystrokeCountsCodec: Codec<KeystrokeCounts> = {
  encode(counts, into) {
    into.u8(VERSION)
    writeKeystrokes(into, counts)
  },
  decode(from) {
    checkVersion(from, 'keystroke counts', VERSION)
    return readKeystrokes(from)
  },
}
