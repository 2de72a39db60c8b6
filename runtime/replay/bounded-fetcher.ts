import type {
  Fetched,
  Fetcher,
  PartitionOffset,
  PollResult,
  TopicPartition,
} from '../../broker/port.ts'
import { nameOf } from '../committed-records.ts'
import { ClippedBatch } from './clipped-batch.ts'

/**
 * A fetcher for which some partitions end where a range does.
 *
 * B1. What lies at or beyond the end is never handed over, and the end is said to be the high
 *     watermark: whoever reads sees a log that nobody writes to any more.
 * B2. A partition at its end is not asked of the broker again, so waiting for others costs nothing.
 * B3. A partition assigned at its end is told once, as an empty stretch: the reader has to learn
 *     that there is nothing to wait for.
 */
export class BoundedFetcher implements Fetcher {
  readonly #inner: Fetcher
  readonly #ends: ReadonlyMap<string, number>
  readonly #live = new Set<string>()
  #atEnd: Fetched[] = []

  /** @param ends by {@link nameOf}; partitions without one are not bounded */
  constructor(inner: Fetcher, ends: ReadonlyMap<string, number>) {
    this.#inner = inner
    this.#ends = ends
  }

  assign(positions: readonly PartitionOffset[]): void {
    const isLive = (at: PartitionOffset) => at.offset < this.#endOf(at)
    const live = positions.filter(isLive)
    const ended = positions.filter((at) => !isLive(at))
    this.unassign(ended)
    for (const { topic, partition, offset } of ended) {
      this.#atEnd.push({
        topic,
        partition,
        batches: [],
        nextOffset: offset,
        highWatermark: offset,
        lastStableOffset: offset,
        logStartOffset: offset,
      })
    }
    for (const at of live) this.#live.add(nameOf(at))
    if (live.length > 0) this.#inner.assign(live)
  }

  unassign(partitions: readonly TopicPartition[]): void {
    const names = new Set(partitions.map(nameOf))
    this.#atEnd = this.#atEnd.filter((each) => !names.has(nameOf(each)))
    const live = this.#ofLive(partitions)
    for (const name of names) this.#live.delete(name)
    if (live.length > 0) this.#inner.unassign(live)
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#inner.pause(this.#ofLive(partitions))
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#inner.resume(this.#ofLive(partitions))
  }

  async poll(maxWaitMs: number): Promise<PollResult> {
    if (this.#atEnd.length > 0) {
      const fetched = this.#atEnd
      this.#atEnd = []
      return { fetched, outOfRange: [] }
    }
    const { fetched, outOfRange } = await this.#inner.poll(maxWaitMs)
    return { fetched: fetched.map((stretch) => this.#clip(stretch)), outOfRange }
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  #clip(stretch: Fetched): Fetched {
    const end = this.#endOf(stretch)
    if (end === Infinity) return stretch
    if (stretch.nextOffset >= end) {
      this.#live.delete(nameOf(stretch))
      this.#inner.unassign([stretch])
    }
    return {
      ...stretch,
      batches: stretch.batches
        .filter((batch) => batch.baseOffset < end)
        .map((batch) => (batch.lastOffset < end ? batch : new ClippedBatch(batch, end))),
      nextOffset: Math.min(stretch.nextOffset, end),
      highWatermark: Math.min(stretch.highWatermark, end),
      lastStableOffset: Math.min(stretch.lastStableOffset, end),
    }
  }

  #endOf(at: TopicPartition): number {
    return this.#ends.get(nameOf(at)) ?? Infinity
  }

  #ofLive(partitions: readonly TopicPartition[]): TopicPartition[] {
    return partitions.filter((at) => this.#live.has(nameOf(at)))
  }
}
