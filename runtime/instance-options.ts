import type { Clock } from '../broker/clock.ts'
import type { Broker, TopicSpec } from '../broker/port.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import type { CrashProbe } from './crash-probe.ts'
import type { InstanceEvents } from './instance-events.ts'
import type { StateDirectory } from './state-directory.ts'

export type ProcessingGuarantee = 'exactly_once' | 'at_least_once'

export interface InstanceSettings {
  readonly applicationId: string
  readonly commitIntervalMs: number
  readonly checkpointIntervalMs: number
  /** Divided over state, prefetched records and outputs (see MemoryBudget). */
  readonly memoryBytesMax: number
  /** @default 'exactly_once' */
  readonly processingGuarantee?: ProcessingGuarantee
  /** Members that keep a task's state warm beside its owner. @default 0 */
  readonly numStandbyReplicas?: number
  /** How other instances reach this one; null: they cannot. @default null */
  readonly applicationServer?: string | null
  /** @default 60000 */
  readonly transactionTimeoutMs?: number
  /** @default 10000 */
  readonly retryBackoffMaxMs?: number
  /** Null: a dynamic member. @default null */
  readonly groupInstanceId?: string | null
  /** @default 45000 */
  readonly sessionTimeoutMs?: number
}

export interface InstanceOptions {
  readonly settings: InstanceSettings
  readonly topology: BuiltTopology
  readonly broker: Broker
  readonly directory: StateDirectory
  readonly clock: Clock
  /** Inputs and outputs to create when absent. */
  readonly topics: readonly TopicSpec[]
  /** Loads schemas of writers that deserializers do not know yet. */
  readonly registry?: SchemaRegistry
  readonly events: InstanceEvents
  readonly probe?: CrashProbe
}
