import type { Deserializer, Serializer } from './serde.ts'
import type { ProcessorSupplier, PunctuationSchedule } from './processor.ts'
import type { StoreSpec, Touch } from './store.ts'

/** Contract sketch of the builder: see topology/README in docs/ARCHITECTURE.md. */
export interface SourceOptions<V> {
  /** Topic names, or one pattern (a safe subset: RE2 syntax) matched against whole topic names. */
  readonly topics: readonly string[] | { readonly pattern: string }
  readonly deserializer: Deserializer<V>
  /** Names the keys that a record of this source will probably touch, anywhere downstream. */
  readonly prefetch?: (value: V, key: string | null, touch: Touch) => void
  /** @default 'text': the record key as UTF-8 text; 'ignored': null, saves the decoding */
  readonly key?: 'text' | 'ignored'
}

export interface ProcessorOptions {
  readonly parents: readonly string[]
  readonly stores?: readonly StoreSpec<never>[]
  readonly globalTables?: readonly string[]
  readonly punctuation?: PunctuationSchedule
}

export interface SinkOptions<V> {
  readonly parents: readonly string[]
  readonly topic: string
  readonly serializer: Serializer<V>
}

/** An internal topic between two sub-topologies: a sink and a source of the same name. */
export interface RepartitionOptions<V> {
  readonly parents: readonly string[]
  readonly serializer: Serializer<V>
  readonly deserializer: Deserializer<V>
  readonly prefetch?: (value: V, key: string | null, touch: Touch) => void
  /** @default the partition count of the sub-topology that reads it, or of its other sources */
  readonly partitions?: number
}

export interface GlobalTableOptions<V> {
  readonly topic: string
  readonly deserializer: Deserializer<V>
}

export interface TopologyBuilder {
  addSource<V>(name: string, options: SourceOptions<V>): this
  addProcessor<In, Out>(
    name: string,
    supplier: ProcessorSupplier<In, Out>,
    options: ProcessorOptions,
  ): this
  addSink<V>(name: string, options: SinkOptions<V>): this
  addRepartition<V>(name: string, options: RepartitionOptions<V>): this
  addGlobalTable<V>(name: string, options: GlobalTableOptions<V>): this
}
