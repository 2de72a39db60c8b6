import type { ByteReader } from '../../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../../bytes/byte-writer.ts'
import { rawValue } from '../../../broker/record-batch/record-fields.ts'
import type { BuiltTopology } from '../../../topology/nodes.ts'
import type { KeyValueStore } from '../../../topology/store.ts'
import { Topology } from '../../../topology/topology.ts'

export interface RelayOptions {
  readonly from: string
  readonly to: string
  /** Called for every record, before it is passed on. */
  readonly onRecord?: (value: string) => void
}

/** Counts each key and passes its records on: one sub-topology with a store. */
export function relayTopology({ from, onRecord, to }: RelayOptions): BuiltTopology {
  const codec = {
    encode: (value: number, into: ByteWriter) => into.varint(value),
    decode: (bytes: ByteReader) => bytes.varint(),
  }
  return new Topology()
    .addSource('from', { topics: [from], deserializer: (raw) => rawValue(raw)!.toString() })
    .addProcessor<string, string>(
      'relay',
      () => {
        let counts: KeyValueStore<number>
        return {
          init: (context) => {
            counts = context.store('counts')
          },
          process: (record, context) => {
            onRecord?.(record.value)
            counts.put(record.key!, (counts.get(record.key!) ?? 0) + 1)
            context.forward(record)
          },
        }
      },
      { parents: ['from'], stores: [{ name: 'counts', codec }] },
    )
    .addSink('to', {
      parents: ['relay'],
      topic: to,
      serializer: (value: string) => Buffer.from(value),
    })
    .build()
}
