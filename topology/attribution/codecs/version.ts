import type { ByteReader } from '../../../bytes/byte-reader.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'

/** @throws {CorruptBytesError} written by a version whose layout is not known here */
export function checkVersion(from: ByteReader, what: string, version: number): void {
  const found = from.u8()
  if (found === version) return
  throw new CorruptBytesError(`layout ${found} of a ${what}`, from.position - 1, from.end)
}
