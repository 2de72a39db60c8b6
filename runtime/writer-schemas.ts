import type { Clock } from '../broker/clock.ts'
import { SchemaRegistryError, UnknownSchemaIdError } from '../schemas/errors.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import { schemaIdOf } from '../schemas/wire-format.ts'
import type { RecordQueue } from './record-queue.ts'

export interface WriterSchemasOptions {
  readonly taskId: string
  readonly registry: SchemaRegistry
  readonly clock: Clock
  /** Told of every attempt that failed; it is made again after the pause. */
  readonly onRetry: (taskId: string, error: unknown, pauseMs: number) => void
}

const PAUSE_MS_MIN = 100
const PAUSE_MS_MAX = 5_000
/** Ids asked for together: hostile records may each carry another. */
const IDS_MAX = 64

/**
 * Has the records of a task wait for schemas of their writers that are not known here yet.
 *
 * W1. Decoding stays synchronous and costs nothing more: only a record that failed for an unknown
 *     id is looked at again, and it waits at the head of its queue, taken by no batch.
 * W2. One look finds the ids of all records unpacked behind it, so a batch of many writers waits
 *     once.
 * W3. While the registry is away the task waits, with what it has done committed as ever: nothing
 *     goes to the dead letters because of it. An id that does not exist is no reason to wait.
 */
export class WriterSchemas {
  readonly #options: WriterSchemasOptions
  readonly #wanted = new Set<number>()
  #notBeforeMs = 0
  #failures = 0

  constructor(options: WriterSchemasOptions) {
    this.#options = options
  }

  /** True while the registry does not answer for a schema that the task needs. */
  get isWaiting(): boolean {
    return this.#failures > 0
  }

  /**
   * True: the record was not decoded only because its writer's schema is yet to be loaded.
   * @param queue where the record came from, for those behind it
   */
  holds(error: unknown, queue: RecordQueue): boolean {
    const { registry } = this.#options
    if (!(error instanceof UnknownSchemaIdError) || !registry.mayLearn(error.schemaId)) return false
    this.#wanted.add(error.schemaId)
    for (const raw of queue.unpacked()) {
      if (this.#wanted.size >= IDS_MAX) break
      const id = schemaIdOf(raw)
      if (id !== undefined && registry.mayLearn(id)) this.#wanted.add(id)
    }
    return true
  }

  /**
   * Loads what is wanted, unless an attempt failed just now. Never throws for the registry.
   * @returns true: what waited may be decoded now
   */
  async load(): Promise<boolean> {
    if (this.#wanted.size === 0) return false
    const { clock, onRetry, registry, taskId } = this.#options
    if (clock.now() < this.#notBeforeMs) return false
    try {
      await Promise.all([...this.#wanted].map((id) => registry.resolve(id)))
      this.#wanted.clear()
      this.#failures = 0
      return true
    } catch (error) {
      // Refused credentials too: an operator mends them, and no record is lost meanwhile.
      if (!(error instanceof SchemaRegistryError)) throw error
      const pauseMs = Math.min(PAUSE_MS_MIN * 2 ** this.#failures, PAUSE_MS_MAX)
      this.#failures++
      this.#notBeforeMs = clock.now() + pauseMs
      onRetry(taskId, error, pauseMs)
      return false
    }
  }
}
