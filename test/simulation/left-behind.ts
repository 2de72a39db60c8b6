import type { Broker } from '../../broker/port.ts'
import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import type { LeftBehind } from '../support/clusters/cluster-evidence.ts'
import { readTopic } from './log-contents.ts'

/** @param instances those that run the tasks, together all of them */
export function leftBehind(broker: Broker, instances: readonly StreamsInstance[]): LeftBehind {
  const tasks = instances.flatMap(({ runners }) => [...runners.values()].map(({ task }) => task))
  return {
    applicationId: 'sim',
    topic: (name) => readTopic(broker, name),
    async store<V>(name: string) {
      const owners = tasks.filter(({ plan }) => plan.subTopology.storeOwners.has(name))
      const scan = { prefix: '', limit: Number.MAX_SAFE_INTEGER }
      const pages = await Promise.all(owners.map(({ stores }) => stores!.view.scan<V>(name, scan)))
      return pages.flat()
    },
  }
}
