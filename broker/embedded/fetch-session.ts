import type { Clock } from '../clock.ts'
import { FatalBrokerError } from '../errors.ts'
import type {
  Fetched,
  Fetcher,
  FetcherOptions,
  Isolation,
  OutOfRange,
  PartitionOffset,
  PollResult,
  TopicPartition,
} from '../port.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import { FetchPosition } from './fetch-position.ts'
import type { LogReader } from './log-reader.ts'
import type { PartitionLog } from './partition-log.ts'
import type { TopicRegistry } from './topic-registry.ts'
import { Wakeup } from '../wakeup.ts'

const PARTITION_BYTES = 1024 * 1024
/** Partitions whose full share one poll may bring; the others come first in the next. */
const FULL_PARTITIONS_MAX = 8

interface PartitionRead {
  readonly position: FetchPosition
  readonly version: number
  readonly log: PartitionLog
  /** Where the partition ended for this reader when the read began. */
  readonly end: number
  readonly batches: RecordBatch[] | Promise<RecordBatch[]>
}

/**
 * A fetcher over the embedded log.
 *
 * F1. Partitions are served in turn: each poll begins behind the last one that the previous poll
 *     served, so a busy partition cannot starve the others.
 * F2. A position moves only when a poll hands over what it moved past.
 * F3. Waiting costs nothing: logs wake the session.
 */
export class FetchSession implements Fetcher {
  readonly #registry: TopicRegistry
  readonly #reader: LogReader
  readonly #clock: Clock
  readonly #isolation: Isolation
  readonly #partitionBytesMax: number
  readonly #positions = new Map<string, FetchPosition>()
  /** Partitions in the order in which the next poll serves them. */
  #turns: FetchPosition[] = []
  readonly #wakeup = new Wakeup()
  readonly #wake = (): void => {
    this.#wakeup.wake()
  }
  readonly #onClose: (session: FetchSession) => void
  #isClosed = false

  constructor(
    registry: TopicRegistry,
    reader: LogReader,
    clock: Clock,
    options: FetcherOptions,
    onClose: (session: FetchSession) => void,
  ) {
    this.#onClose = onClose
    this.#registry = registry
    this.#reader = reader
    this.#clock = clock
    this.#isolation = options.isolation ?? 'read_committed'
    this.#partitionBytesMax = options.partitionBytesMax ?? PARTITION_BYTES
  }

  assign(positions: readonly PartitionOffset[]): void {
    for (const at of positions) {
      const known = this.#positions.get(nameOf(at))
      if (known === undefined) {
        const position = new FetchPosition(at, at.offset)
        this.#positions.set(nameOf(at), position)
        this.#turns.push(position)
      } else known.move(at.offset)
    }
    this.#wake()
  }

  unassign(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      const position = this.#positions.get(nameOf(at))
      if (position === undefined) continue
      position.version++
      position.release()
      this.#positions.delete(nameOf(at))
    }
    this.#turns = this.#turns.filter((position) => this.#positions.has(nameOf(position)))
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      const position = this.#positions.get(nameOf(at))
      if (position !== undefined) position.isPaused = true
    }
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) {
      const position = this.#positions.get(nameOf(at))
      if (position !== undefined) position.isPaused = false
    }
    this.#wake()
  }

  /**
   * @throws {UnknownTopicError} an assigned partition does not exist (any more)
   * @throws {FatalBrokerError} closed before the call: a loop over polls must end, not spin
   */
  async poll(maxWaitMs: number): Promise<PollResult> {
    if (this.#isClosed) throw new FatalBrokerError('the fetcher is closed')
    const deadlineMs = this.#clock.now() + maxWaitMs
    for (;;) {
      this.#wakeup.reset()
      const result = await this.#collect()
      if (result.fetched.length > 0 || result.outOfRange.length > 0) return result
      const waitMs = deadlineMs - this.#clock.now()
      if (this.#isOver() || waitMs <= 0) return result
      await this.#wakeup.wait(this.#clock, waitMs)
    }
  }

  /** Asked after an await, where `close` may have come. */
  #isOver(): boolean {
    return this.#isClosed
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#onClose(this)
    this.unassign([...this.#positions.values()])
    this.#wake()
    return Promise.resolve()
  }

  async #collect(): Promise<PollResult> {
    const outOfRange: OutOfRange[] = []
    const reads: PartitionRead[] = []
    let served = 0
    let bytesLeft = this.#partitionBytesMax * FULL_PARTITIONS_MAX
    for (const position of this.#turns) {
      if (bytesLeft <= 0) break
      served++
      if (position.isPaused || position.isHalted) continue
      const log = position.follow((at) => this.#registry.log(at), this.#wake)
      if (position.offset < log.logStartOffset || position.offset > log.highWatermark) {
        outOfRange.push(this.#halt(position, log))
        continue
      }
      const read = this.#read(position, log)
      if (read === null) continue
      reads.push(read)
      bytesLeft -= read.batches instanceof Promise ? this.#partitionBytesMax : sizeOf(read.batches)
    }
    const batches = await Promise.all(reads.map(async (read) => await read.batches))
    this.#turns = [...this.#turns.slice(served), ...this.#turns.slice(0, served)].filter(
      (position) => this.#positions.get(nameOf(position)) === position,
    )
    // Only here do positions move: an error above has skipped nothing.
    const fetched = reads.flatMap((read, i) => this.#deliver(read, batches[i]!) ?? [])
    return { fetched, outOfRange }
  }

  #halt(position: FetchPosition, log: PartitionLog): OutOfRange {
    position.isHalted = true
    const { topic, partition, offset } = position
    const { logStartOffset, highWatermark } = log
    return { topic, partition, offset, logStartOffset, highWatermark }
  }

  #read(position: FetchPosition, log: PartitionLog): PartitionRead | null {
    const { offset, isAligned, version } = position
    const end = log.visibleEnd(this.#isolation)
    if (offset >= end) return null
    const batches = this.#reader.read(log, offset, end, this.#partitionBytesMax, isAligned)
    return { position, version, log, end, batches }
  }

  /** Null when the partition was moved, taken away or cut while the disk was asked. */
  #deliver(
    { position, version, log, end }: PartitionRead,
    read: readonly RecordBatch[],
  ): Fetched | null {
    if (position.version !== version || log.isDeleted) return null
    if (position.offset < log.logStartOffset) return null
    const batches: RecordBatch[] = []
    for (const batch of read) {
      if (batch.isControl) continue
      if (this.#isolation === 'read_committed' && log.aborts.covers(batch)) continue
      batches.push(batch.from(position.offset))
    }
    const last = read.at(-1)
    // Without a batch, what lay there was compacted away or undone by a crash.
    position.advance(last === undefined ? end : last.lastOffset + 1)
    const { topic, partition, offset: nextOffset } = position
    const { highWatermark, lastStableOffset, logStartOffset } = log
    return {
      topic,
      partition,
      batches,
      nextOffset,
      highWatermark,
      lastStableOffset,
      logStartOffset,
    }
  }
}

function sizeOf(batches: readonly RecordBatch[]): number {
  return batches.reduce((bytes, { buffer }) => bytes + buffer.length, 0)
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
