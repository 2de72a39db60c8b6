import { setTimeout as pause } from 'node:timers/promises'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import type { RunningCluster } from '../kafka/start-kafka-cluster.ts'

export interface BrokerFaultOptions {
  readonly cluster: RunningCluster
  readonly random: () => number
  /** At least so many kills before the run may end. */
  readonly wanted: number
  /** Between a broker's return and the next kill, on average. */
  readonly intervalMs: number
  readonly onFault: (what: string) => void
}

/**
 * Kills brokers, one at a time: in turn the coordinator of the group, that of a task's
 * transactions, and the leader of a partition. Each comes back when others have taken over.
 */
export class BrokerFaults {
  readonly #options: BrokerFaultOptions
  kills = 0

  constructor(options: BrokerFaultOptions) {
    this.#options = options
  }

  async run(isOver: () => boolean, applicationId: string): Promise<void> {
    const { cluster, intervalMs, onFault, random, wanted } = this.#options
    while (!isOver() || this.kills < wanted) {
      await pause(intervalMs * (0.5 + random()))
      const [role, id] = await this.#victim(applicationId)
      onFault(`kill of broker ${id}, ${role}`)
      this.kills++
      await cluster.node(id).kill()
      // Noticed after 3 s; leaders, coordinators and the controller have moved then.
      await pause(4_000 + random() * 3_000)
      await cluster.node(id).start()
      await cluster.untilInSync([PUBLIC_TOPICS.observation, '__transaction_state'])
    }
  }

  async #victim(applicationId: string): Promise<[role: string, id: number]> {
    const { tool } = this.#options.cluster
    switch (this.kills % 3) {
      case 0:
        return ['coordinator of the group', await tool.groupCoordinator(applicationId)]
      case 1: {
        const id = await tool.transactionCoordinator(`${applicationId}-0_0`)
        return ['coordinator of a transaction', id]
      }
      default: {
        const [first] = await tool.leaders(PUBLIC_TOPICS.observation)
        return ['leader of a partition', first!.leader]
      }
    }
  }
}
