import {
  AbortableError,
  FencedError,
  RetriableError,
  UnknownOutcomeError,
} from '../broker/errors.ts'
import { StateWriteError } from '../state/errors.ts'
import { BatchSize } from './batch-size.ts'
import { TaskMigratedError } from './errors.ts'
import type { StreamTask } from './stream-task.ts'
import { TaskCheckpoints, type CheckpointOptions } from './task-checkpoints.ts'
import { WakeUp, yieldToLoop } from './wake-up.ts'

export interface RunnerOptions extends CheckpointOptions {
  readonly commitIntervalMs: number
  /** Bytes one transaction may collect before it is committed early. */
  readonly outputBytesMax: () => number
  /** The task is not ours any more; the instance decides what follows. */
  readonly onMigrated: (task: StreamTask, error: unknown) => void
  /** Nothing the runtime can do: the instance stops. */
  readonly onFatal: (task: StreamTask, error: unknown) => void
  readonly onCommitted: (task: StreamTask, latencyMs: number) => void
}

/** Records one transaction may collect before it is committed early. */
const TRANSACTION_RECORDS_MAX = 50_000
const IDLE_WAIT_MS = 250

/**
 * Drives one task: process, commit every interval, checkpoint now and then, retry what passes.
 *
 * R1. A commit is started between batches and runs while the next batches are processed; the next
 *     one is not started before its verdict.
 * R2. A failure of a commit stops processing before anything else is sent; `rewind` follows.
 * R3. While the disk refuses checkpoints nothing is processed.
 * R4. A batch that threw midway is never committed, not even by the commit of a close.
 */
export class TaskRunner {
  readonly task: StreamTask
  readonly #options: RunnerOptions
  readonly #wakeUp: WakeUp
  readonly #batchSize = new BatchSize()
  readonly #checkpoints: TaskCheckpoints
  #stopped = false
  /** The loop ended by an error: what it took may be half processed. */
  #isBroken = false
  #loop: Promise<void> | null = null
  #commit: Promise<void> | null = null
  #commitError: { readonly error: unknown } | null = null
  #lastCommitMs = 0
  #failures = 0
  #repeatedCommits = 0

  constructor(task: StreamTask, options: RunnerOptions) {
    this.task = task
    this.#options = options
    this.#wakeUp = new WakeUp(options.clock)
    this.#checkpoints = new TaskCheckpoints(task, options, () => this.#wakeUp.notify())
  }

  /** True while the last attempt to start or commit failed and is being retried. */
  get isRetrying(): boolean {
    return this.#failures > 0
  }

  /** True while the disk refuses what is committed: nothing is processed until it does not. */
  get isStalled(): boolean {
    return this.#checkpoints.isFailing
  }

  /** Commits that failed, whose records were processed again. */
  get repeatedCommits(): number {
    return this.#repeatedCommits
  }

  start(): void {
    this.#loop = this.#guard(() => this.#startAndTurn())
  }

  notify(): void {
    this.#wakeUp.notify()
  }

  /** Ends the loop between two batches and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wakeUp.notify()
    await this.#loop
    await this.#commit
    await this.#checkpoints.idle()
  }

  /**
   * Stops, commits what is processed, and closes with a checkpoint.
   * @param commit false: what is not committed is dropped (the task is not ours any more)
   */
  async close(commit: boolean): Promise<void> {
    this.task.interruptRestore()
    await this.stop()
    const wasRunning = this.task.state === 'running'
    const clean = commit && wasRunning && (await this.#commitLast())
    try {
      await this.task.close(clean)
    } catch (error) {
      // A full disk keeps nobody from giving the task back: the changelog has everything.
      if (!(error instanceof StateWriteError)) throw error
      this.#options.onRetry(this.task.id, error, 0)
    }
  }

  /** @returns false when the commit failed: what was not committed must be dropped */
  async #commitLast(): Promise<boolean> {
    if (this.#isBroken || this.#commitError !== null) return false
    if (!this.task.isDirty) return true
    try {
      await this.task.commit()
      return true
    } catch (error) {
      this.#options.onRetry(this.task.id, error, 0)
      return false
    }
  }

  async #startAndTurn(): Promise<void> {
    await this.#retrying(() => this.task.start())
    this.#lastCommitMs = this.#options.clock.now()
    this.#checkpoints.restored()
    while (!this.#stopped) await this.#turn()
  }

  async #guard(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.#isBroken = true
      if (this.#stopped) return
      if (error instanceof FencedError || error instanceof TaskMigratedError) {
        this.#options.onMigrated(this.task, error)
      } else {
        this.#options.onFatal(this.task, error)
      }
    }
  }

  async #turn(): Promise<void> {
    if (this.#commitError !== null) await this.#recover(this.#commitError.error)
    // Told to stop before it stood at the committed offsets: what is at hand lies beyond them.
    if (this.#commitError !== null) return
    this.#checkpoints.startWhenDue()
    if (this.#checkpoints.isFailing) {
      await this.#checkpoints.idle()
      await this.#wakeUp.wait(this.#checkpoints.retryInMs)
      return
    }
    const processed = await this.task.process(this.#batchSize.records)
    if (processed > 0) this.#batchSize.observe(processed, this.task.batchBusyMs)
    await this.task.punctuate()
    this.#commitWhenDue()
    if (this.#commit !== null && this.#isFull()) {
      // The broker is slower than the task: wait rather than let the open layer grow.
      await this.#commit
    }
    if (processed > 0) await yieldToLoop()
    else await this.#wakeUp.wait(this.#idleWaitMs())
  }

  #idleWaitMs(): number {
    if (!this.task.isDirty) return IDLE_WAIT_MS
    const due = this.#lastCommitMs + this.#options.commitIntervalMs - this.#options.clock.now()
    return Math.max(1, Math.min(due, IDLE_WAIT_MS))
  }

  #isFull(): boolean {
    const { pendingBytes, pendingRecords } = this.task
    return pendingRecords > TRANSACTION_RECORDS_MAX || pendingBytes > this.#options.outputBytesMax()
  }

  #commitWhenDue(): void {
    if (this.#commit !== null || this.#commitError !== null) return
    const { clock, commitIntervalMs } = this.#options
    const startedMs = clock.now()
    if (!this.#isFull() && startedMs - this.#lastCommitMs < commitIntervalMs) return
    if (!this.task.isDirty) return
    this.#lastCommitMs = startedMs
    this.#commit = this.task
      .commit()
      .then(
        () => {
          this.#failures = 0
          this.#options.onCommitted(this.task, clock.now() - startedMs)
        },
        (error: unknown) => {
          this.#commitError = { error }
        },
      )
      .finally(() => {
        this.#commit = null
        this.#wakeUp.notify()
      })
  }

  /** After a failed commit: pause, stand at the committed offsets again, go on. */
  async #recover(error: unknown): Promise<void> {
    if (error instanceof FencedError || error instanceof TaskMigratedError) throw error
    if (!isPassing(error)) throw error
    this.#repeatedCommits++
    await this.#pause(error)
    if (this.#stopped) return
    if (await this.#retrying(() => this.task.rewind())) this.#commitError = null
  }

  /** @returns false: told to stop before an attempt succeeded */
  async #retrying(attempt: () => Promise<void>): Promise<boolean> {
    while (!this.#stopped) {
      try {
        await attempt()
        return true
      } catch (error) {
        if (!isPassing(error)) throw error
        await this.#pause(error)
      }
    }
    return false
  }

  async #pause(error: unknown): Promise<void> {
    const pauseMs = Math.min(100 * 2 ** this.#failures, this.#options.retryBackoffMaxMs)
    this.#failures++
    this.#options.onRetry(this.task.id, error, pauseMs)
    await this.#wakeUp.wait(pauseMs)
  }
}

/** Failures that time or an operator mends (a broker away, a full disk); all else is fatal. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof RetriableError ||
    error instanceof AbortableError ||
    error instanceof UnknownOutcomeError ||
    error instanceof StateWriteError
  )
}
