import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import type { RawRecord } from '../../broker/port.ts'
import { rawValue } from '../../broker/record-batch/record-fields.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { KeyValueStore } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'

/**
 * The smallest topology that has everything a crash can tear: two sub-topologies with a store
 * each, a repartition between them, an output and dead letters.
 *
 * `in` (key, text) → `number` keeps how many records each key had, sends `text#n` onwards by the
 * text's first letter → `collect` keeps a running list length per letter → `out`.
 * The text `poison` throws.
 */
export function countingTopology(): BuiltTopology {
  const textOf = (raw: RawRecord) => rawValue(raw)!.toString()
  const bytesOf = (text: string) => Buffer.from(text)
  const codec = {
    encode: (value: number, into: ByteWriter) => into.varint(value),
    decode: (from: ByteReader) => from.varint(),
  }
  return new Topology()
    .addSource('in', { topics: ['in'], deserializer: textOf })
    .addProcessor<string, string>(
      'number',
      () => {
        let counts: KeyValueStore<number>
        return {
          init: (context) => {
            counts = context.store('counts')
          },
          process: ({ key, value, timestampMs }, context) => {
            const count = (counts.get(key!) ?? 0) + 1
            counts.put(key!, count)
            if (value === 'poison') throw new Error('poison')
            context.forward({
              key: value.slice(0, 1),
              value: `${key}:${value}#${count}`,
              timestampMs,
            })
          },
        }
      },
      { parents: ['in'], stores: [{ name: 'counts', codec }] },
    )
    .addRepartition('by-letter', {
      parents: ['number'],
      serializer: bytesOf,
      deserializer: textOf,
      prefetch: (_value, key, touch) => {
        touch.key('lengths', key!)
        return false
      },
    })
    .addProcessor<string, string>(
      'collect',
      () => {
        let lengths: KeyValueStore<number>
        return {
          init: (context) => {
            lengths = context.store('lengths')
          },
          process: ({ key, value, timestampMs }, context) => {
            const length = (lengths.get(key!) ?? 0) + 1
            lengths.put(key!, length)
            context.forward({ key, value: `${length} ${value}`, timestampMs })
          },
        }
      },
      { parents: ['by-letter'], stores: [{ name: 'lengths', codec }] },
    )
    .addSink('out', { parents: ['collect'], topic: 'out', serializer: bytesOf })
    .build()
}
