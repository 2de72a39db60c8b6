import type { Clock } from '../broker/clock.ts'
import type { Broker, Transaction } from '../broker/port.ts'
import type { BuiltSubTopology, BuiltTopology } from '../topology/nodes.ts'
import type { ReadOnlyTable } from '../topology/processor.ts'
import type { CacheBudget } from '../state/cache-budget.ts'
import type { CrashProbe } from './crash-probe.ts'
import type { WriterSchemasOptions } from './writer-schemas.ts'
import type { RecordQueue } from './record-queue.ts'
import type { StateDirectory } from './state-directory.ts'
import type { RestoreOptions } from './store-restorer.ts'
import type { Changelog } from './changelog.ts'
import type { Membership } from './task-committer.ts'
import type { TaskId } from './task-id.ts'
import type { TopicIdentities } from './topic-identities.ts'

/** Where a task's queues get their records from. */
export interface TaskFeed {
  /** Feeds these queues from where they stand; they replace the task's former ones. */
  attach(taskId: string, queues: readonly RecordQueue[]): void
  /** Told that records were taken, so that a paused partition may go on. */
  relieve(queue: RecordQueue): void
}

/** What every task of an instance shares. */
export interface TaskEnvironment {
  readonly applicationId: string
  readonly topology: BuiltTopology
  readonly broker: Broker
  readonly membership: Membership
  readonly feed: TaskFeed
  /** What a task sends and commits through, under the processing guarantee. */
  readonly writer: (taskId: string) => Transaction
  /** Whether that commits outputs, state and offsets together. */
  readonly isExactlyOnce: boolean
  readonly directory: StateDirectory
  readonly clock: Clock
  /** Partitions of every topic the topology writes. */
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly globalTables: ReadonlyMap<string, ReadOnlyTable<unknown>>
  /** Node counters by `node/counter`, summed over tasks. */
  readonly counters: Map<string, number>
  /** Where schemas of writers come from; null: those that deserializers know are all. */
  readonly schemas: Pick<WriterSchemasOptions, 'registry' | 'onRetry'> | null
  /** For decoded values, shared by all tasks. */
  readonly cacheBudget: CacheBudget
  /** How restoring shares time and memory with the tasks that run, and with other restores. */
  readonly restoring: Pick<RestoreOptions, 'pace' | 'partitionBytesMax'>
  readonly onRestored: (taskId: string, records: number, elapsedMs: number) => void
  /** Told of what an operator should know although the task runs. */
  readonly onWarning: (message: string) => void
  readonly probe: CrashProbe | undefined
}

export interface TaskPlan {
  readonly id: TaskId
  readonly subTopology: BuiltSubTopology
  readonly partitionCount: number
  /** The input topics of the sub-topology and the source node that decodes each. */
  readonly inputs: readonly { readonly topic: string; readonly source: string }[]
  readonly changelogs: readonly Changelog[]
  /** Of inputs and changelogs. */
  readonly identities: TopicIdentities
}
