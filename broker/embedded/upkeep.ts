import type { CancelTimer, Clock } from '../clock.ts'
import { type LogCleaner } from './log-cleaner.ts'
import type { LogReader } from './log-reader.ts'
import { trimLog } from './log-trim.ts'
import type { PartitionLog } from './partition-log.ts'
import { expiredBefore } from './retention.ts'
import type { TopicRegistry } from './topic-registry.ts'
import { isCompacted } from './topic-rules.ts'
import type { WriteQueue } from './write-queue.ts'

const DIRTY_BYTES_MIN = 16 * 1024 * 1024
/** As Kafka's `min.cleanable.dirty.ratio`: a log is rewritten about when it has doubled. */
const DIRTY_RATIO_MIN = 0.5
/** After each segment, some 10 ms of work: the cleaner takes at most a third of a core. */
const CLEANER_PAUSE_MS = 20

export interface UpkeepOptions {
  readonly registry: TopicRegistry
  readonly reader: LogReader
  readonly writes: WriteQueue
  readonly cleaner: LogCleaner
  readonly clock: Clock
  readonly intervalMs: number
  readonly onError: (error: Error) => void
}

/**
 * Deletes what expired and compacts what became dirty, in the background.
 *
 * U1. One round at a time; the next one is due an interval after the last one ended.
 */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #stopping = new AbortController()
  #cancelTimer: CancelTimer | null = null
  #round: Promise<unknown> = Promise.resolve()

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  start(): void {
    const { clock, intervalMs, onError } = this.#options
    this.#cancelTimer = clock.setTimer(intervalMs, () => {
      this.#enqueue(() => this.#tidy())
        .catch((error: unknown) => {
          onError(error instanceof Error ? error : new Error(String(error)))
        })
        .finally(() => {
          if (!this.#stopping.signal.aborted) this.start()
        })
    })
  }

  /** Deletes and compacts everything that may be, however little it is. */
  runNow(): Promise<void> {
    return this.#enqueue(() => this.#tidyFully())
  }

  /** Waits for a round under way to stop. */
  async stop(): Promise<void> {
    this.#cancelTimer?.()
    this.#stopping.abort()
    await this.#round
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    const round = this.#round.then(task)
    this.#round = round.catch(() => undefined)
    return round
  }

  async #tidy(): Promise<void> {
    const { cleaner, clock, registry } = this.#options
    const { signal } = this.#stopping
    for (const log of [...registry.logs()]) {
      if (signal.aborted) return
      await this.#expire(log)
      if (!isCompacted(log.config)) continue
      const dirtyBytes = cleaner.dirtyBytes(log)
      const isDirty = dirtyBytes > log.segments.sizeBytes * DIRTY_RATIO_MIN
      if (!isDirty || dirtyBytes < DIRTY_BYTES_MIN) continue
      await cleaner.clean(log, async () => {
        await clock.sleep(CLEANER_PAUSE_MS, signal)
        return signal.aborted ? 'stop' : 'go on'
      })
    }
  }

  async #tidyFully(): Promise<void> {
    const { cleaner, registry } = this.#options
    for (const log of [...registry.logs()]) {
      await this.#expire(log)
      if (!isCompacted(log.config)) continue
      log.segments.roll()
      while (await cleaner.clean(log, () => Promise.resolve('go on'))) continue
    }
  }

  async #expire(log: PartitionLog): Promise<void> {
    const { clock, reader, writes } = this.#options
    if (log.isDeleted) return
    await trimLog(log, expiredBefore(log, clock.now()), reader, writes)
  }
}
