import type { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import type { EmbeddedClient } from '../../broker/embedded/embedded-client.ts'
import type { Broker } from '../../broker/port.ts'
import { QueryRouter } from '../../runtime/query/query-router.ts'
import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import type { MemoryDisk } from '../../state/memory-disk.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { countingTopology } from './counting-topology.ts'
import { crashDisks, startMember } from './member.ts'
import { ProcessClock } from './process-clock.ts'
import { SimulatedPeers } from './query-peers.ts'

export const PARTITIONS = 4

const topics = [
  { name: 'in', partitions: PARTITIONS, config: { timestampType: 'log-append-time' as const } },
  { name: 'out', partitions: PARTITIONS },
]

export interface QueriedMember {
  readonly name: string
  readonly instance: StreamsInstance
  readonly router: QueryRouter
  readonly peers: SimulatedPeers
  readonly clock: ProcessClock
  /** Its membership is of another connection than its reads and writes. */
  readonly membership: EmbeddedClient
  readonly client: EmbeddedClient
  isDead: boolean
  isLeaving: boolean
}

/** Members of one group, each with a router, that come, leave, die, or are given up unawares. */
export class QueriedGroup {
  readonly members = new Map<string, QueriedMember>()
  readonly #broker: EmbeddedBroker
  readonly #clock: ManualClock
  readonly #random: () => number
  readonly #disks = new Map<string, Map<string, MemoryDisk>>()
  readonly #numStandbyReplicas: number
  fatal: unknown = null

  constructor(broker: EmbeddedBroker, clock: ManualClock, random: () => number) {
    this.#broker = broker
    this.#clock = clock
    this.#random = random
    this.#numStandbyReplicas = Math.floor(random() * 3)
  }

  get alive(): QueriedMember[] {
    return [...this.members.values()].filter(({ isDead, isLeaving }) => !isDead && !isLeaving)
  }

  join(name: string): void {
    const disks = this.#disks.get(name) ?? new Map<string, MemoryDisk>()
    this.#disks.set(name, disks)
    const clock = new ProcessClock(this.#clock)
    const dead = () => this.members.get(name)?.clock !== clock || this.members.get(name)!.isDead
    const client = this.#broker.connect()
    const membership = this.#broker.connect()
    const topology = countingTopology()
    const instance = startMember({
      broker: joiningThrough(client, membership),
      topology,
      topics,
      clock,
      disks,
      numStandbyReplicas: this.#numStandbyReplicas,
      applicationServer: name,
      probe: () => (dead() && this.members.has(name) ? new Promise(() => undefined) : undefined),
      onFatal: (error) => {
        if (!dead()) this.fatal = error
      },
    })
    const peers = new SimulatedPeers(clock, this.#random, (endpoint) => {
      const asked = this.members.get(endpoint)
      return asked === undefined || asked.isDead ? null : asked.router.reader
    })
    const router = new QueryRouter({
      instance,
      broker: client,
      topology,
      applicationId: 'sim',
      clock,
      peers,
    })
    const state = { isDead: false, isLeaving: false }
    this.members.set(name, { name, instance, router, peers, clock, client, membership, ...state })
  }

  leave(member: QueriedMember): void {
    member.isLeaving = true
    void member.instance.close().then(() => {
      if (this.members.get(member.name) === member) this.members.delete(member.name)
    })
  }

  kill(member: QueriedMember): void {
    member.isDead = true
    member.clock.kill()
    member.client.sever()
    member.membership.sever()
    crashDisks(this.#disks.get(member.name)!, this.#random)
  }

  /** The group hears nothing of it any more, which it does not know. */
  isolate(member: QueriedMember): void {
    member.membership.sever()
  }
}

function joiningThrough(client: EmbeddedClient, membership: EmbeddedClient): Broker {
  return new Proxy<Broker>(client, {
    get: (target, name) => {
      const of = name === 'group' ? membership : target
      const value: unknown = Reflect.get(of, name)
      return typeof value === 'function' ? (value.bind(of) as unknown) : value
    },
  })
}
