import { partitionForText } from '../../bytes/murmur2.ts'
import type { ByteString } from '../../bytes/byte-string.ts'
import { StoreNotReadyError, UnknownStoreError } from '../../state/errors.ts'
import type { StoreDescription } from '../../state/query-port.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { StoreSpec } from '../../topology/store.ts'
import { changelogTopic } from '../internal-topics.ts'
import { formatTaskId } from '../task-id.ts'
import type { TopicPlan } from '../topic-plan.ts'

export interface StoreHome {
  readonly spec: StoreSpec<unknown>
  readonly subTopology: number
}

/** Which stores there are, and which task has a key of one. */
export class StoreCatalogue {
  readonly #applicationId: string
  readonly #plan: () => TopicPlan | null
  readonly #homes = new Map<string, StoreHome>()

  /** @param plan null until topics are known */
  constructor(applicationId: string, topology: BuiltTopology, plan: () => TopicPlan | null) {
    this.#applicationId = applicationId
    this.#plan = plan
    for (const { id, stores } of topology.subTopologies) {
      for (const spec of stores as readonly StoreSpec<unknown>[]) {
        this.#homes.set(spec.name, { spec, subTopology: id })
      }
    }
  }

  descriptions(): StoreDescription[] {
    return [...this.#homes].map(([name, { spec, subTopology }]) => ({
      name,
      subTopology,
      changelogTopic: changelogTopic(this.#applicationId, name),
      partitions: this.#partitionCount(subTopology),
      toJson: spec.toJson ?? ((_key: ByteString, value: unknown) => value),
    }))
  }

  /** @throws {UnknownStoreError} */
  home(store: string): StoreHome {
    const home = this.#homes.get(store)
    if (home === undefined) {
      const names = [...this.#homes.keys()].join(', ')
      throw new UnknownStoreError(`no store is named ${store.slice(0, 80)}; there are: ${names}`)
    }
    return home
  }

  /** @throws {StoreNotReadyError} the topics are not known yet */
  partitions({ subTopology }: StoreHome): number[] {
    return [...Array(this.#knownCount(subTopology)).keys()]
  }

  /** @throws {StoreNotReadyError} the topics are not known yet */
  partitionOf({ subTopology }: StoreHome, partitionKey: string): number {
    return partitionForText(partitionKey, this.#knownCount(subTopology))
  }

  #knownCount(subTopology: number): number {
    const count = this.#partitionCount(subTopology)
    if (count === 0) throw new StoreNotReadyError('the instance is starting')
    return count
  }

  #partitionCount(subTopology: number): number {
    const first = formatTaskId({ subTopology, partition: 0 })
    return this.#plan()?.tasks.get(first)?.partitionCount ?? 0
  }
}
