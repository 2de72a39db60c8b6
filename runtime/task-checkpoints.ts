import type { Clock } from '../broker/clock.ts'
import type { StreamTask } from './stream-task.ts'

/** An idle task renews the times beside its positions this often. */
const IDLE_CHECKPOINT_MS = 60 * 60 * 1000

export interface CheckpointOptions {
  readonly clock: Clock
  readonly checkpointIntervalMs: number
  /**
   * True: memory for what is not checkpointed runs short, and this task holds its part of it.
   * @param bytes what a checkpoint of the task would write
   */
  readonly checkpointsEarly: (bytes: number) => boolean
  /** What failed is tried again after a pause that doubles up to this. */
  readonly retryBackoffMaxMs: number
  /** Told of every failure that will be retried. */
  readonly onRetry: (taskId: string, error: unknown, pauseMs: number) => void
}

/**
 * When the state of a running task goes to its disk: every interval, and early when memory runs
 * short.
 *
 * C1. One is under way at most, beside processing and commits.
 * C2. One that failed is tried again, ever later. Until one succeeds the task should take no
 *     records: nothing is lost, since the changelog has what was committed, but what a full disk
 *     does not take would pile up in memory.
 */
export class TaskCheckpoints {
  readonly #task: StreamTask
  readonly #options: CheckpointOptions
  /** Told when one has ended. */
  readonly #onEnd: () => void
  #underWay: Promise<void> | null = null
  #lastMs = 0
  #failures = 0
  #retryAtMs = 0

  constructor(task: StreamTask, options: CheckpointOptions, onEnd: () => void) {
    this.#task = task
    this.#options = options
    this.#onEnd = onEnd
  }

  /** True from a failure to the next success. */
  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** While failing: when to call `startWhenDue` again. */
  get retryInMs(): number {
    return Math.max(1, this.#retryAtMs - this.#options.clock.now())
  }

  /** The state on disk is as new as in memory. */
  restored(): void {
    this.#lastMs = this.#options.clock.now()
  }

  startWhenDue(): void {
    if (this.#underWay !== null || !this.#isDue()) return
    this.#lastMs = this.#options.clock.now()
    this.#underWay = this.#checkpoint().finally(() => {
      this.#underWay = null
      this.#onEnd()
    })
  }

  async idle(): Promise<void> {
    await this.#underWay
  }

  #isDue(): boolean {
    const { checkpointIntervalMs, checkpointsEarly, clock } = this.#options
    if (this.isFailing) return clock.now() >= this.#retryAtMs
    const bytes = this.#task.stores!.uncheckpointedBytes
    const sinceMs = clock.now() - this.#lastMs
    return (
      (bytes > 0 && (sinceMs >= checkpointIntervalMs || checkpointsEarly(bytes))) ||
      sinceMs >= IDLE_CHECKPOINT_MS
    )
  }

  async #checkpoint(): Promise<void> {
    const { clock, onRetry, retryBackoffMaxMs } = this.#options
    try {
      await this.#task.checkpoint()
      this.#failures = 0
    } catch (error) {
      const pauseMs = Math.min(100 * 2 ** this.#failures, retryBackoffMaxMs)
      this.#failures++
      this.#retryAtMs = clock.now() + pauseMs
      onRetry(this.#task.id, error, pauseMs)
    }
  }
}
