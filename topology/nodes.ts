import type { Prefetch } from './options.ts'
import type { ProcessorSupplier, PunctuationSchedule } from './processor.ts'
import type { Deserializer, Serializer } from './serde.ts'
import type { StoreSpec } from './store.ts'
import type { TopicPattern } from './topic-pattern.ts'

/**
 * A topology that was built: inspectable data, frozen, checked.
 *
 * N1. Node names are unique, but a repartition has two halves of one name: a sink that ends a
 *     sub-topology and a source that starts one (the same or another).
 * N2. `children` name nodes of the same sub-topology; there are no cycles among them.
 */
export interface BuiltTopology {
  /** By `id`, which is the index. */
  readonly subTopologies: readonly BuiltSubTopology[]
  readonly globalTables: readonly GlobalTableNode[]
}

/** Nodes connected by edges; one task runs it per partition of its sources. */
export interface BuiltSubTopology {
  /** First part of task ids: position of its first node in the order of declaration. */
  readonly id: number
  readonly sources: readonly SourceNode[]
  /** Parents before children, else in order of declaration. */
  readonly processors: readonly ProcessorNode[]
  readonly sinks: readonly SinkNode[]
  readonly stores: readonly StoreSpec<never>[]
  /** Processor that owns a store, by store name. */
  readonly storeOwners: ReadonlyMap<string, string>
}

export interface SourceFields {
  readonly name: string
  readonly isRepartition: boolean
  readonly topics: readonly string[]
  readonly pattern: TopicPattern | null
  readonly partitions: number | null
  readonly deserializer: Deserializer<unknown>
  readonly prefetch: Prefetch<unknown> | null
  readonly key: 'text' | 'ignored'
  readonly children: readonly string[]
}

export class SourceNode {
  readonly kind = 'source'
  readonly name: string
  /** True: reads the internal topic of the repartition of this name, and no other. */
  readonly isRepartition: boolean
  /** Topics named; empty for a pattern and for a repartition. */
  readonly topics: readonly string[]
  readonly pattern: TopicPattern | null
  /** Partitions asked for; null: derived, or any (see partition-counts.ts). */
  readonly partitions: number | null
  readonly deserializer: Deserializer<unknown>
  readonly prefetch: Prefetch<unknown> | null
  readonly key: 'text' | 'ignored'
  readonly children: readonly string[]

  constructor(fields: SourceFields) {
    this.name = fields.name
    this.isRepartition = fields.isRepartition
    this.topics = Object.freeze([...fields.topics])
    this.pattern = fields.pattern
    this.partitions = fields.partitions
    this.deserializer = fields.deserializer
    this.prefetch = fields.prefetch
    this.key = fields.key
    this.children = Object.freeze([...fields.children])
    Object.freeze(this)
  }

  /**
   * The outside topics this source reads, given those that exist: for a pattern those that match,
   * sorted; else all that it names, existing or not.
   */
  matching(existing: Iterable<string>): string[] {
    const { pattern } = this
    if (pattern === null) return [...this.topics]
    return [...existing].filter((topic) => pattern.matches(topic)).sort()
  }

  /** What it reads, for messages and descriptions. */
  describeTopics(): string {
    if (this.isRepartition) return `repartition ${this.name}`
    if (this.pattern !== null) return `pattern ${this.pattern.source}`
    return `${this.topics.length === 1 ? 'topic' : 'topics'} ${this.topics.join(', ')}`
  }
}

export interface ProcessorNode {
  readonly kind: 'processor'
  readonly name: string
  readonly supplier: ProcessorSupplier<unknown, unknown>
  readonly parents: readonly string[]
  readonly children: readonly string[]
  readonly stores: readonly StoreSpec<never>[]
  readonly globalTables: readonly string[]
  readonly punctuation: PunctuationSchedule | null
}

export interface SinkNode {
  readonly kind: 'sink'
  readonly name: string
  readonly parents: readonly string[]
  /** True: writes the internal topic of the repartition of this name. */
  readonly isRepartition: boolean
  /** The topic; of a repartition its own name, from which the application makes the topic's. */
  readonly topic: string
  readonly serializer: Serializer<unknown>
}

export interface GlobalTableNode {
  readonly kind: 'global-table'
  readonly name: string
  readonly topic: string
  readonly deserializer: Deserializer<unknown>
}
