import { ByteWriter } from '../../bytes/byte-writer.ts'
import type { Codec } from '../../bytes/codec.ts'

/** Scratch of one call: it is synchronous and does not nest. */
const [ofOne, ofOther] = [new ByteWriter(1_024), new ByteWriter(1_024)]

/** Whether two rows are the same on disk: then there is nothing to write. */
export function isSameRow<V>(codec: Codec<V>, one: V | undefined, other: V): boolean {
  if (one === undefined) return false
  ofOne.reset()
  ofOther.reset()
  codec.encode(one, ofOne)
  codec.encode(other, ofOther)
  return ofOne.view().equals(ofOther.view())
}
