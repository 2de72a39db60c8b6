import type { Clock } from '../../broker/clock.ts'
import type { Broker, PartitionOffset } from '../../broker/port.ts'
import { BehindBoundError, InvalidBoundError, StoreNotReadyError } from '../../state/errors.ts'
import type { InputPosition } from '../../state/query-port.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { TopicPlan } from '../topic-plan.ts'
import { type CausalWay, wayTo } from './causal-way.ts'
import { keyOf, NO_FLOORS, type Floors } from './floors.ts'

export interface CausalFloorsOptions {
  readonly applicationId: string
  readonly topology: BuiltTopology
  /** Null until topics are known. */
  readonly plan: () => TopicPlan | null
  readonly broker: Broker
  readonly clock: Clock
}

const PAUSE_MIN_MS = 10
const PAUSE_MAX_MS = 100

/**
 * What a task must have read so that its answers hold the effect of given input records.
 *
 * An observation goes through repartition topics before it reaches an identity's profile. That the
 * first task has committed past it says that what it forwarded is in those topics, below the ends
 * that they have from then on; that their readers have committed past these ends says the same of
 * the next ones. So from topic to topic the floor moves on to the store's own task.
 *
 * F1. Ends are looked up after the commit that they are to hold, and without regard to open
 *     transactions, which may hide what is committed behind them.
 * F2. A record passes each repartition topic between at most once on its way.
 * F3. Where tasks stand is read from the group's committed offsets: whoever runs them.
 * F4. What a worker announces of it later, by its clock, is not awaited: the floors hold what was
 *     taken in. So of a topology that feeds itself only ways that do not come back are gone.
 */
export class CausalFloors {
  readonly #options: CausalFloorsOptions

  constructor(options: CausalFloorsOptions) {
    this.#options = options
  }

  /**
   * @param until when waiting ends, milliseconds since the epoch
   * @throws {InvalidBoundError} a topic does not reach the sub-topology, or has no such partition
   * @throws {BehindBoundError} tasks on the way did not get there in time
   */
  async of(subTopology: number, wanted: readonly InputPosition[], until: number): Promise<Floors> {
    if (wanted.length === 0) return NO_FLOORS
    const plan = this.#options.plan()
    if (plan === null) throw new StoreNotReadyError('the instance is starting')
    const { applicationId, topology } = this.#options
    const way = wayTo(subTopology, applicationId, topology, plan)
    for (const position of wanted) assertOnWay(position, way, plan)
    const floors = new Map<string, number>()
    let wave: readonly PartitionOffset[] = wanted
    for (let hops = 0; ; hops++) {
      for (const { topic, partition, offset } of wave) {
        if (way.readers.get(topic)!.has(subTopology)) raise(floors, { topic, partition, offset })
      }
      const topics = hops < way.between.size ? writtenAfter(wave, way) : []
      if (topics.length === 0) return floors
      await this.#reached(wave, until)
      wave = await this.#endsOf(topics, plan)
    }
  }

  async #reached(wave: readonly PartitionOffset[], until: number): Promise<void> {
    const { applicationId, broker, clock } = this.#options
    const group = broker.groupAdmin(applicationId)
    for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      const committed = new Map((await group.committed()).map((at) => [keyOf(at), at.offset]))
      const behind = wave.find((floor) => (committed.get(keyOf(floor)) ?? 0) < floor.offset)
      if (behind === undefined) return
      if (clock.now() + pauseMs > until) {
        throw new BehindBoundError(
          `${keyOf(behind)} is processed up to ${committed.get(keyOf(behind)) ?? 0}, not yet up ` +
            `to ${behind.offset}`,
        )
      }
      await clock.sleep(pauseMs)
    }
  }

  async #endsOf(topics: readonly string[], plan: TopicPlan): Promise<readonly PartitionOffset[]> {
    const partitions = topics.flatMap((topic) =>
      Array.from({ length: plan.partitionCounts.get(topic)! }, (_, partition) => ({
        topic,
        partition,
      })),
    )
    return this.#options.broker.listOffsets(partitions, 'latest', 'read_uncommitted')
  }
}

function assertOnWay({ topic, partition }: InputPosition, way: CausalWay, plan: TopicPlan): void {
  if (!way.readers.has(topic)) {
    const known = [...way.readers.keys()].sort().join(', ')
    throw new InvalidBoundError(`${topic} does not lead to what is asked for; these do: ${known}`)
  }
  const count = plan.partitionCounts.get(topic)!
  if (partition >= count) {
    throw new InvalidBoundError(`${topic} has ${count} partitions: there is no ${partition}`)
  }
}

/** Repartition topics that the readers of these partitions write. */
function writtenAfter(wave: readonly PartitionOffset[], { between, readers }: CausalWay): string[] {
  const topics = new Set(wave.filter(({ offset }) => offset > 0).map(({ topic }) => topic))
  const reading = new Set([...topics].flatMap((topic) => [...readers.get(topic)!]))
  return [...between].filter(([, ids]) => [...ids].some((id) => reading.has(id))).map(([t]) => t)
}

function raise(floors: Map<string, number>, floor: PartitionOffset): void {
  const key = keyOf(floor)
  floors.set(key, Math.max(floors.get(key) ?? 0, floor.offset))
}
