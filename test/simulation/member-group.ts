import type { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import type { EmbeddedClient } from '../../broker/embedded/embedded-client.ts'
import type { TopicSpec } from '../../broker/port.ts'
import type { CrashPoint } from '../../runtime/crash-probe.ts'
import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import type { MemoryDisk } from '../../state/memory-disk.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { crashDisks, isQuiet, startMember } from './member.ts'
import { ProcessClock } from './process-clock.ts'

export interface GroupMember {
  readonly name: string
  readonly instance: StreamsInstance
  readonly clock: ProcessClock
  readonly client: EmbeddedClient
  isDead: boolean
  isLeaving: boolean
}

export interface MemberGroupOptions {
  readonly broker: EmbeddedBroker
  readonly clock: ManualClock
  readonly random: () => number
  readonly topology: () => BuiltTopology
  readonly topics: readonly TopicSpec[]
  /** Asked at every crash point of every member; true kills it there. @default never */
  readonly crashAt?: (point: CrashPoint, taskId: string) => boolean
}

/** A group on one broker, with members that come, leave, and die. */
export class MemberGroup {
  readonly members = new Map<string, GroupMember>()
  readonly #options: MemberGroupOptions
  readonly #numStandbyReplicas: number
  readonly #disks = new Map<string, Map<string, MemoryDisk>>()
  /** Members that were killed so far. */
  deaths = 0
  fatal: unknown = null

  constructor(options: MemberGroupOptions) {
    this.#options = options
    this.#numStandbyReplicas = Math.floor(options.random() * 3)
  }

  get alive(): GroupMember[] {
    return [...this.members.values()].filter(({ isDead, isLeaving }) => !isDead && !isLeaving)
  }

  join(name: string): void {
    const { broker, topics, topology } = this.#options
    const disks = this.#disks.get(name) ?? new Map<string, MemoryDisk>()
    this.#disks.set(name, disks)
    const clock = new ProcessClock(this.#options.clock)
    const dead = () => this.members.get(name)?.clock !== clock || this.members.get(name)!.isDead
    const client = broker.connect()
    const instance = startMember({
      broker: client,
      topology: topology(),
      topics,
      clock,
      disks,
      numStandbyReplicas: this.#numStandbyReplicas,
      probe: (point, taskId) => {
        const member = this.members.get(name)
        if (member === undefined) return
        if (!dead() && this.#options.crashAt?.(point, taskId) === true) this.kill(member)
        if (dead()) return new Promise(() => undefined)
      },
      onFatal: (error) => {
        if (!dead()) this.fatal = error
      },
    })
    this.members.set(name, { name, instance, clock, client, isDead: false, isLeaving: false })
  }

  leave(member: GroupMember): void {
    member.isLeaving = true
    void member.instance.close().then(() => {
      if (this.members.get(member.name) === member) this.members.delete(member.name)
    })
  }

  kill(member: GroupMember): void {
    member.isDead = true
    this.deaths++
    member.clock.kill()
    member.client.sever()
    crashDisks(this.#disks.get(member.name)!, this.#options.random)
  }

  describe(): string {
    const members = [...this.members.values()].map(({ name, instance, isDead }) => {
      const tasks = [...instance.runners.values()].map(
        ({ task }) => `${task.id} ${task.state} lag ${task.position().lag} dirty ${task.isDirty}`,
      )
      return `${name} ${isDead ? 'dead' : instance.state} [${tasks.join(', ')}]`
    })
    return members.join('; ')
  }

  isQuiet(): boolean {
    const { alive } = this
    const wanted = alive[0]?.instance.plan?.tasks.size
    const running = alive.reduce((sum, { instance }) => sum + instance.runners.size, 0)
    return running === wanted && alive.every(({ instance }) => isQuiet(instance))
  }

  /**
   * Lets time pass until the condition holds.
   * @throws {Error} a member failed, or it does not within the simulated time
   */
  async until(what: string, condition: () => boolean): Promise<void> {
    const { clock } = this.#options
    const deadline = clock.now() + 600_000
    while (!condition()) {
      if (this.fatal !== null) throw new Error('a member failed', { cause: this.fatal })
      if (clock.now() > deadline) {
        throw new Error(`not within 600 s: ${what}: ${this.describe()}`)
      }
      await clock.advance(20)
    }
  }
}
