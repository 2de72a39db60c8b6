import { setMaxListeners } from 'node:events'
import type { Clock } from '../../clock.ts'
import { FatalBrokerError, RetriableError } from '../../errors.ts'
import type { TopicPartition } from '../../port.ts'
import type { Cluster, CoordinatorKind } from '../cluster.ts'
import type { Lane, LanePurpose } from '../lane.ts'
import type { BrokerAddress } from '../transport/broker-connection.ts'
import { type LaneSettings, SocketLane } from '../transport/socket-lane.ts'
import type { Api } from '../wire/api.ts'
import { apiVersions } from '../wire/api-versions.ts'
import { findCoordinator } from '../wire/find-coordinator.ts'
import { metadata, type Metadata } from '../wire/metadata.ts'
import { BrokerLanes } from './broker-lanes.ts'
import { Coordinators } from './coordinators.ts'
import { checkVersions, transactionVersionOf } from './needed-versions.ts'
import { PartitionLeaders } from './partition-leaders.ts'

export interface ClusterSettings extends LaneSettings {
  readonly bootstrapServers: readonly BrokerAddress[]
  readonly clock: Clock
}

/**
 * A broker that is frozen takes connections and says nothing: after this share of the timeout a
 * question is put to another one, so that there is time left for it.
 */
const ATTEMPT_SHARE = 1 / 4
/** Less than an attempt, so that the answer of a broker that gives up arrives before. */
const BROKER_SHARE = 1 / 5

/**
 * The cluster as one client sees it.
 *
 * K1. Any broker answers questions about the cluster: they are put to one after the other, the one
 *     that answered last first, and when none answers, to the bootstrap servers again.
 * K2. A broker that cannot be reached, or whose connection was lost, is forgotten as leader and
 *     coordinator, so that the next question finds its successor.
 */
export class KafkaCluster implements Cluster {
  readonly transactionVersion: number
  readonly #settings: ClusterSettings
  readonly #lanes: BrokerLanes
  readonly #leaders: PartitionLeaders
  readonly #coordinators: Coordinators
  readonly #closing = new AbortController()
  #answeredLast: number | null = null
  #controller: Promise<number> | null = null
  #closed: Promise<void> | null = null

  private constructor(settings: ClusterSettings, transactionVersion: number, first: Metadata) {
    this.#settings = settings
    this.transactionVersion = transactionVersion
    this.#lanes = new BrokerLanes(settings, (nodeId) => {
      this.#leaders.forgetBroker(nodeId)
      this.#coordinators.forgetBroker(nodeId)
    })
    // Any number of calls may pause at once; each takes its listener away again.
    setMaxListeners(0, this.#closing.signal)
    this.#lanes.replace(first.brokers)
    this.#leaders = new PartitionLeaders(async (topics) => (await this.metadata(topics)).topics)
    this.#coordinators = new Coordinators(async (request) => {
      const found = await this.ask(findCoordinator, request)
      if (found.code === 0) this.#lanes.add(found)
      return found
    })
  }

  /**
   * Asks the bootstrap servers in turn, each once.
   * @throws {RetriableError} none answers; the message says of each why
   * @throws {FatalBrokerError} the first that refuses this client, or is too old for it
   */
  static async connect(settings: ClusterSettings): Promise<KafkaCluster> {
    return await askServers(settings, async (lane) => {
      const versions = await lane.call(apiVersions, null)
      checkVersions(versions)
      const first = await lane.call(metadata, { topics: [] })
      return new KafkaCluster(settings, transactionVersionOf(versions), first)
    })
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  /** The brokers known at the moment. */
  get nodeIds(): readonly number[] {
    return this.#lanes.nodeIds
  }

  get requestTimeoutMs(): number {
    return this.#settings.requestTimeoutMs
  }

  /** How long one attempt at an administrative question may take. */
  get attemptTimeoutMs(): number {
    return Math.ceil(this.#settings.requestTimeoutMs * ATTEMPT_SHARE)
  }

  /** What a broker is told to keep to in such an attempt. */
  get brokerTimeoutMs(): number {
    return Math.ceil(this.#settings.requestTimeoutMs * BROKER_SHARE)
  }

  lane(nodeId: number, purpose: LanePurpose): Lane {
    this.#refuseClosed()
    return this.#lanes.lane(nodeId, purpose)
  }

  privateLane(nodeId: number): Lane {
    this.#refuseClosed()
    return this.#lanes.privateLane(nodeId)
  }

  async leaders(partitions: readonly TopicPartition[]): Promise<readonly number[]> {
    return await this.#leaders.of(partitions)
  }

  forgetLeaders(topics: readonly string[]): void {
    this.#leaders.forget(topics)
  }

  async coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    return await this.#coordinators.of(kind, key)
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.forget(kind, key)
  }

  async controller(): Promise<number> {
    this.#controller ??= this.#askController().finally(() => {
      this.#controller = null
    })
    return await this.#controller
  }

  /** @param topics null: all; empty: the brokers alone */
  async metadata(topics: readonly string[] | null): Promise<Metadata> {
    const answer = await this.ask(metadata, { topics })
    this.#lanes.replace(answer.brokers)
    return answer
  }

  /** Puts a question to any broker (K1). */
  async ask<Request, Response>(api: Api<Request, Response>, request: Request): Promise<Response> {
    const deadline = performance.now() + this.requestTimeoutMs
    const attemptMs = this.attemptTimeoutMs
    for (const nodeId of this.#inOrder()) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) break
      try {
        const lane = this.lane(nodeId, 'control')
        const answer = await lane.call(api, request, Math.min(attemptMs, leftMs))
        this.#answeredLast = nodeId
        return answer
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error
        if (this.#answeredLast === nodeId) this.#answeredLast = null
      }
    }
    this.#refuseClosed()
    return await askServers(this.#settings, (lane) => lane.call(api, request, attemptMs))
  }

  async pause(ms: number): Promise<void> {
    await this.#settings.clock.sleep(ms, this.#closing.signal)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#closed ??= this.#lanes.close()
    await this.#closed
  }

  async #askController(): Promise<number> {
    const { controllerId } = await this.metadata([])
    if (controllerId < 0) throw new RetriableError('the cluster has no controller at the moment')
    return controllerId
  }

  #inOrder(): number[] {
    const last = this.#answeredLast
    const nodeIds = this.#lanes.nodeIds
    return [...nodeIds.filter((id) => id === last), ...nodeIds.filter((id) => id !== last)]
  }

  #refuseClosed(): void {
    if (this.isClosed) throw new FatalBrokerError('the broker is closed')
  }
}

/** Tries the bootstrap servers in turn, over a connection that ends with the answer. */
async function askServers<T>(
  settings: ClusterSettings,
  question: (lane: Lane) => Promise<T>,
): Promise<T> {
  const failures: RetriableError[] = []
  for (const address of settings.bootstrapServers) {
    const lane = new SocketLane(
      () => address,
      settings,
      () => undefined,
    )
    try {
      return await question(lane)
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error
      failures.push(error)
    } finally {
      await lane.close()
    }
  }
  const [only] = failures
  if (only !== undefined && failures.length === 1) throw only
  throw new RetriableError(
    `no bootstrap server answers: ${failures.map(({ message }) => message).join('; ')}`,
  )
}
