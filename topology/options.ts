import type { PunctuationSchedule } from './processor.ts'
import type { Deserializer, Serializer } from './serde.ts'
import type { StoreSpec, Touch } from './store.ts'

/**
 * Names keys that a source record will probably touch, anywhere downstream.
 * @returns true: it would name more if it saw the rows that memory does not have, so it is asked
 *   again when they are there, a few times at most
 */
export type Prefetch<V> = (value: V, key: string | null, touch: Touch) => boolean

export interface SourceOptions<V> {
  /** Topic names, or one pattern in RE2 syntax matched against whole topic names. */
  readonly topics: readonly string[] | { readonly pattern: string }
  readonly deserializer: Deserializer<V>
  readonly prefetch?: Prefetch<V>
  /** @default 'text': the record key as UTF-8 text; 'ignored': null, saves the decoding */
  readonly key?: 'text' | 'ignored'
  /** Partitions that its topics must have; with others nothing starts. @default any number */
  readonly partitions?: number
}

export interface ProcessorOptions {
  /** Sources, processors or repartitions, in any order of declaration. */
  readonly parents: readonly string[]
  /** Stores that this processor owns; no other may name them. */
  readonly stores?: readonly StoreSpec<unknown>[]
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
  readonly prefetch?: Prefetch<V>
  /** @default the partition count of the sub-topology that reads it, or of its writers */
  readonly partitions?: number
}

/** A topic that every instance holds in memory as a whole. */
export interface GlobalTableOptions<V> {
  readonly topic: string
  readonly deserializer: Deserializer<V>
}
