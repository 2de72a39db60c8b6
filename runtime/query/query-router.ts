import type { ByteString } from '../../bytes/byte-string.ts'
import type { Clock } from '../../broker/clock.ts'
import type { Broker } from '../../broker/port.ts'
import { BehindBoundError, PeerUnavailableError, StoreNotReadyError } from '../../state/errors.ts'
import type { PeerClient } from '../../state/peer-port.ts'
import type {
  Answer,
  InstanceDescription,
  MissingPartition,
  QueryBounds,
  QueryPort,
  ScanOptions,
  StoreDescription,
  StoreRow,
  TaskStatus,
} from '../../state/query-port.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import { formatTaskId } from '../task-id.ts'
import type { TopicPlan } from '../topic-plan.ts'
import { CausalFloors } from './causal-floors.ts'
import { EndOffsets } from './end-offsets.ts'
import { LocalReader } from './local-reader.ts'
import { LocalTasks, type TaskHolder } from './local-tasks.ts'
import { inputBelow, type Floors } from './floors.ts'
import { OwnershipLease } from './ownership-lease.ts'
import { asNotReady } from './passing-failures.ts'
import { within } from './query-deadline.ts'
import { StoreCatalogue } from './store-catalogue.ts'
import { Suspects } from './suspects.ts'
import { TaskPlaces, type Routing } from './task-places.ts'
import type { TaskRead } from './task-read.ts'
import type { TaskReader } from './task-reader.ts'

/** What queries need of a StreamsInstance. */
export interface QueriedInstance extends TaskHolder {
  readonly plan: TopicPlan | null
  readonly routing: Routing | null
  /** Its membership lasts so long after it was last confirmed. */
  readonly sessionTimeoutMs: number
  /** @throws {FencedError} the membership is gone */
  confirmMembership(): Promise<void>
}

export interface QueryRouterOptions {
  readonly instance: QueriedInstance
  readonly broker: Broker
  readonly topology: BuiltTopology
  readonly applicationId: string
  readonly clock: Clock
  /** A query is answered or refused within. @default 2000 */
  readonly timeoutMs?: number
  /** Null: this instance alone answers. */
  readonly peers: PeerClient | null
}

const BOUND_PAUSE_MS = 20

/** What a query of one store must keep to. */
interface Asked {
  readonly lagMax: number
  readonly floors: Floors
  readonly deadlineMs: number
}

/**
 * Answers queries on every store of the application, wherever its tasks run.
 *
 * Q1. A key's task is asked where it runs, else where a standby of it is, and nowhere twice
 *     (task-places.ts). Nobody who is asked asks on (state/peer-port.ts).
 * Q2. The group's idea of who has what is old from the moment that somebody dies; so whoever is
 *     asked says itself whether it has the task, and a refusal leads to the next place.
 * Q3. What passes is {@link StoreNotReadyError}, within the deadline (passing-failures.ts).
 * Q4. A list over all tasks that lacks some says which.
 */
export class QueryRouter implements QueryPort {
  /** What this instance answers to its peers. */
  readonly reader: LocalReader
  readonly #instance: QueriedInstance
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #tasks: LocalTasks
  readonly #catalogue: StoreCatalogue
  readonly #suspects: Suspects
  readonly #places: TaskPlaces
  readonly #floors: CausalFloors

  constructor(options: QueryRouterOptions) {
    const { applicationId, broker, clock, instance, peers, topology } = options
    const plan = () => instance.plan
    this.#instance = instance
    this.#clock = clock
    this.#timeoutMs = options.timeoutMs ?? 2_000
    this.#tasks = new LocalTasks(instance)
    const { sessionTimeoutMs } = instance
    const lease = new OwnershipLease(clock, sessionTimeoutMs, () => instance.confirmMembership())
    this.reader = new LocalReader(this.#tasks, new EndOffsets(broker), lease)
    this.#catalogue = new StoreCatalogue(applicationId, topology, plan)
    this.#suspects = new Suspects(clock)
    this.#places = new TaskPlaces({
      tasks: this.#tasks,
      reader: this.reader,
      peers,
      routing: () => instance.routing,
      suspects: this.#suspects,
      clock,
    })
    this.#floors = new CausalFloors({ applicationId, topology, plan, broker, clock })
  }

  stores(): StoreDescription[] {
    return this.#catalogue.descriptions()
  }

  tasks(): TaskStatus[] {
    return this.#tasks.statuses()
  }

  instances(): InstanceDescription[] {
    return this.#places.instances([...(this.#instance.plan?.tasks.keys() ?? [])])
  }

  async get<V>(
    store: string,
    partitionKey: string,
    key: ByteString,
    bounds: QueryBounds = {},
  ): Promise<Answer<V | undefined>> {
    const home = this.#catalogue.home(store)
    const { subTopology, spec } = home
    const partition = this.#catalogue.partitionOf(home, partitionKey)
    const asked = await this.#asked(subTopology, bounds)
    const read = await this.#ask(formatTaskId({ subTopology, partition }), asked, (reader, ms) =>
      reader.get(spec, key, ms),
    )
    return { value: read.value as V | undefined, positions: [read.position], missing: [] }
  }

  async scan<V>(store: string, options: ScanOptions): Promise<Answer<readonly StoreRow<V>[]>> {
    const home = this.#catalogue.home(store)
    const { subTopology, spec } = home
    const { partitionKey, prefix, after, limit, bounds = {} } = options
    const range = { prefix, limit, ...(after === undefined ? {} : { after }) }
    const partitions =
      partitionKey === null
        ? this.#catalogue.partitions(home)
        : [this.#catalogue.partitionOf(home, partitionKey)]
    const asked = await this.#asked(subTopology, bounds)
    const missing: MissingPartition[] = []
    const found = await Promise.all(
      partitions.map(async (partition) => {
        const taskId = formatTaskId({ subTopology, partition })
        try {
          return await this.#ask(taskId, asked, (reader, ms) => reader.scan(spec, range, ms))
        } catch (error) {
          if (!isAbsence(error)) throw error
          if (partitionKey !== null) throw error
          missing.push({ subTopology, partition, reason: error.message })
          return null
        }
      }),
    )
    const reads = found.filter((read) => read !== null)
    if (reads.length === 0) throw new StoreNotReadyError(missing[0]!.reason)
    const rows = reads.flatMap(({ value }) => value as StoreRow<V>[])
    if (reads.length > 1) rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    const positions = reads.map(({ position }) => position)
    return { value: rows.slice(0, limit), positions, missing }
  }

  async #asked(subTopology: number, bounds: QueryBounds): Promise<Asked> {
    const deadlineMs = this.#clock.now() + this.#timeoutMs
    const { lagMax = Infinity, positionMin = [] } = bounds
    const floors = await asNotReady(
      within(this.#clock, this.#timeoutMs, this.#floors.of(subTopology, positionMin, deadlineMs)),
    )
    return { lagMax, floors, deadlineMs }
  }

  /**
   * Asks the places of a task in turn until one gives an answer within the bounds. A floor that is
   * not reached yet is waited for: it will be, as long as somebody processes.
   */
  async #ask<T>(
    taskId: string,
    asked: Asked,
    read: (reader: TaskReader, timeoutMs: number) => Promise<TaskRead<T>>,
  ): Promise<TaskRead<T>> {
    for (;;) {
      const places = this.#places.of(taskId)
      if (places.length === 0) throw new StoreNotReadyError(this.#places.whyNone(taskId))
      let behind: BehindBoundError | null = null
      const failures: string[] = []
      for (const [i, reader] of places.entries()) {
        // Whoever is silent leaves the others their share of the time.
        const shareMs = (asked.deadlineMs - this.#clock.now()) / (places.length - i)
        try {
          const answer = await asNotReady(read(reader, shareMs))
          this.#suspects.clear(reader.place)
          behind = unmet(answer, asked)
          if (behind === null) return answer
          failures.push(behind.message)
        } catch (error) {
          if (!(error instanceof StoreNotReadyError)) throw error
          if (error.cause instanceof PeerUnavailableError) this.#suspects.add(reader.place)
          failures.push(`${reader.place}: ${error.message}`)
        }
      }
      const message = `task ${taskId}: ${failures.join('; ')}`
      if (behind === null) throw new StoreNotReadyError(message)
      if (this.#clock.now() + BOUND_PAUSE_MS > asked.deadlineMs || asked.floors.size === 0) {
        throw new BehindBoundError(message)
      }
      await this.#clock.sleep(BOUND_PAUSE_MS)
    }
  }
}

/** Why an answer may not be given; null: it may. */
function unmet({ position }: TaskRead<unknown>, asked: Asked): BehindBoundError | null {
  if (position.lag > asked.lagMax) {
    return new BehindBoundError(`${position.lag} records behind, at most ${asked.lagMax} wanted`)
  }
  const input = inputBelow(asked.floors, position.inputs)
  if (input === null) return null
  return new BehindBoundError(
    `${input.topic}-${input.partition} is processed up to ${input.offset}`,
  )
}

/** A task that nobody answers for; one that is behind a bound is there. */
function isAbsence(error: unknown): error is StoreNotReadyError {
  return error instanceof StoreNotReadyError && !(error instanceof BehindBoundError)
}
