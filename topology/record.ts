/**
 * A record between nodes of a topology.
 *
 * `key` is text here; serializers turn it into UTF-8 bytes. `timestampMs` travels along and is
 * the timestamp of what a sink writes.
 */
export interface Record<V> {
  readonly key: string | null
  readonly value: V
  /** Milliseconds since the epoch. */
  readonly timestampMs: number
}

/** Where a source record came from; null inside a punctuation or at the end of a batch. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  /** Broker's clock at append; null where the topic keeps the producer's stamp. */
  readonly appendTimeMs: number | null
}

/** A record read from a source topic and decoded, ready to run. */
export interface SourceRecord extends RecordMetadata {
  /** Name of the source node (or global table) that decoded it. */
  readonly source: string
  readonly key: string | null
  readonly value: unknown
}
