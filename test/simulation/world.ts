import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import type { Broker, TopicSpec } from '../../broker/port.ts'
import type { CrashPoint } from '../../runtime/crash-probe.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import { MemoryDisk } from '../../state/memory-disk.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { faultyBroker, type FaultyStep, type TransactionFault } from './faulty-broker.ts'
import { crashDisks, isQuiet, startMember } from './member.ts'
import { ProcessClock } from './process-clock.ts'

/** One life of the simulated program: everything in it dies with it. */
export interface Life {
  readonly broker: Broker
  readonly instance: StreamsInstance
  readonly ingest: IngestService
  readonly clock: ProcessClock
}

export interface WorldOptions {
  readonly topology: BuiltTopology
  readonly topics: readonly TopicSpec[]
  readonly random: () => number
  /** Asked at every crash point; true kills the process there. */
  readonly crashAt: (point: CrashPoint, taskId: string) => boolean
  /** Asked at every step of a transaction. @default none */
  readonly faultFor?: (step: FaultyStep) => TransactionFault | null
}

/**
 * A program on simulated disks and time, which can be killed at any crash point and started again
 * on what its disks hold.
 *
 * W1. A kill takes all memory: databases of the dead process answer nothing any more, its timers
 *     never fire, its promises never settle.
 * W2. Disks keep every batch whose write had happened, each whole (a killed process, not power
 *     loss); the state of tasks may moreover lose its newest batches, as an unsynced disk may.
 */
export class World {
  readonly clock = new ManualClock()
  readonly #options: WorldOptions
  readonly #log = new MemoryDisk()
  readonly #taskDisks = new Map<string, MemoryDisk>()
  #life: Life | null = null
  #crashes = 0
  #fatal: unknown = null

  constructor(options: WorldOptions) {
    this.#options = options
  }

  get crashes(): number {
    return this.#crashes
  }

  /** Null after a crash, until `boot`. */
  get life(): Life | null {
    return this.#life
  }

  /** Starts the program on what the disks hold. */
  async boot(): Promise<void> {
    const clock = new ProcessClock(this.clock)
    const { random, topics, topology } = this.#options
    // A slow disk: commits take a while, during which the task processes on.
    this.#log.beforeOperation = (operation) =>
      operation === 'write' && random() < 0.3
        ? clock.sleep(Math.floor(random() * 40))
        : Promise.resolve()
    const broker = await EmbeddedBroker.open({
      database: new MemoryDatabase(this.#log),
      clock,
      randomBytes: (length) =>
        Buffer.from(Array.from({ length }, () => Math.floor(random() * 256))),
    })
    const instance = startMember({
      broker: faultyBroker(broker, this.#options.faultFor ?? (() => null)),
      topology,
      topics,
      clock,
      disks: this.#taskDisks,
      probe: (point, taskId) => this.#probe(clock, point, taskId),
      onFatal: (error) => {
        // What a crash cut off fails into the void, like everything of a dead process.
        if (this.#life?.clock === clock) this.#fatal = error
      },
    })
    this.#life = { broker, instance, ingest: new IngestService(broker), clock }
  }

  /** Ends the program in good order. */
  async shutDown(): Promise<void> {
    const life = this.#life
    if (life === null) return
    let isClosed = false
    const closing = life.instance
      .close()
      .then(() => life.broker.close())
      .then(() => {
        isClosed = true
      })
    await this.until('closed', () => isClosed)
    await closing
    this.#life = null
  }

  /** Kills the process where it stands. */
  crash(): void {
    const life = this.#life
    if (life === null) return
    this.#life = null
    this.#crashes++
    life.clock.kill()
    this.#log.crash()
    crashDisks(this.#taskDisks, this.#options.random)
  }

  /** Gives the program turns of the event loop and a little time. */
  async step(ms: number): Promise<void> {
    await this.clock.advance(ms)
    if (this.#fatal !== null) throw new Error('the instance failed', { cause: this.#fatal })
  }

  /**
   * Steps until the condition holds.
   * @throws {Error} it does not within the simulated time
   */
  async until(what: string, condition: () => boolean, limitMs = 120_000): Promise<void> {
    const deadline = this.clock.now() + limitMs
    while (!condition()) {
      if (this.clock.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`)
      await this.step(10)
    }
  }

  /** True when every task runs, nothing is left to read and everything is committed. */
  isQuiet(): boolean {
    const instance = this.#life?.instance
    return (
      instance !== undefined &&
      isQuiet(instance) &&
      instance.runners.size === instance.plan?.tasks.size
    )
  }

  #probe(clock: ProcessClock, point: CrashPoint, taskId: string): Promise<void> | void {
    if (this.#life?.clock !== clock) return new Promise(() => undefined)
    if (!this.#options.crashAt(point, taskId)) return
    this.crash()
    return new Promise(() => undefined)
  }
}
