import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'
import { CorruptBytesError } from '../../../bytes/errors.ts'
import type { Cause } from '../../../schemas/records.ts'

/** By number, kept in state: only ever added to. */
const CAUSES: readonly Cause[] = ['observation', 'link', 'merge', 'unmerge']

export function writeCause(into: ByteWriter, cause: Cause): void {
  into.u8(CAUSES.indexOf(cause))
}

/** @throws {CorruptBytesError} no cause */
export function readCause(from: ByteReader): Cause {
  const cause = CAUSES[from.u8()]
  if (cause === undefined) throw new CorruptBytesError('cause', from.position, from.end)
  return cause
}
