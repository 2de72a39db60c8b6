import type { TopicPartition } from '../port.ts'
import type { Lane, LanePurpose } from './lane.ts'

export type CoordinatorKind = 'group' | 'transaction'

/**
 * What is known of the brokers, and the lanes to them.
 *
 * C1. Answers come from a cache; who meets an error that says the cache is old (see
 *     error-codes.ts) forgets the entry and asks again. Concurrent questions share one request.
 * C2. Every method may throw {@link RetriableError} (no broker answers, an election is under way)
 *     and {@link FatalBrokerError} (refused credentials); none retries for longer than one
 *     request timeout. Callers back off and call again.
 */
export interface Cluster {
  /** 2: KIP-890 (TV2) is on; below: the older transaction protocol. */
  readonly transactionVersion: number
  /** The shared lane of a broker; made at first use. */
  lane(nodeId: number, purpose: LanePurpose): Lane
  /** A lane of one's own (a group member's); the caller closes it. */
  privateLane(nodeId: number): Lane
  /**
   * The leaders of partitions, in the order asked.
   * @throws {UnknownTopicError} a topic or partition does not exist
   */
  leaders(partitions: readonly TopicPartition[]): Promise<readonly number[]>
  /** A leader has moved: the next `leaders` asks the brokers. */
  forgetLeaders(topics: readonly string[]): void
  /** The broker that coordinates a group or transactional id. */
  coordinator(kind: CoordinatorKind, key: string): Promise<number>
  forgetCoordinator(kind: CoordinatorKind, key: string): void
  controller(): Promise<number>
  /** Resolves after `ms`, or at once when the client closes. */
  pause(ms: number): Promise<void>
  readonly isClosed: boolean
}
