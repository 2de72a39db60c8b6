import { rawValue } from '../../broker/record-batch/record-fields.ts'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import type { Processor } from '../../topology/processor.ts'
import type { Deserializer, Serializer } from '../../topology/serde.ts'
import type { StoreSpec } from '../../topology/store.ts'

/** Parts for topologies of text records. */

export const decodeText: Deserializer<string> = (raw) => rawValue(raw)?.toString() ?? ''

export const encodeText: Serializer<string> = (value) => Buffer.from(value)

export function textStore(name: string): StoreSpec<string> {
  return {
    name,
    codec: {
      encode: (value: string, into: ByteWriter) => into.string(value),
      decode: (from: ByteReader) => from.string(),
    },
  }
}

/** Forwards what it gets. */
export const pass = (): Processor<string, string> => ({
  process: (record, context) => context.forward(record),
})

/** A processor made of one function. */
export function processing(
  process: Processor<string, string>['process'],
): () => Processor<string, string> {
  return () => ({ process })
}
