import { KafkaGroup } from '../../../../broker/kafka/group/kafka-group.ts'
import type { GroupMetadata, GroupOptions } from '../../../../broker/port.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { ScriptedCoordinator } from '../../../support/scripted-coordinator.ts'

export const SESSION_TIMEOUT_MS = 10_000
export const HEARTBEAT_INTERVAL_MS = 1000

/** A member of a scripted group, on a manual clock, that notes what happens to it. */
export class MemberUnderTest {
  readonly clock = new ManualClock()
  readonly coordinator = new ScriptedCoordinator(this.clock)
  readonly events: string[] = []
  readonly group: KafkaGroup
  subscription = 'subscribed'
  assigned: GroupMetadata | null = null
  /** Awaited by the callbacks. */
  busy: Promise<void> = Promise.resolve()

  constructor(options: Partial<GroupOptions> = {}) {
    this.group = new KafkaGroup(
      this.coordinator,
      {
        groupId: 'group',
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
        subscription: () => Buffer.from(this.subscription),
        assign: (members) =>
          new Map(members.map(({ memberId, subscription }) => [memberId, subscription])),
        onAssigned: async (assignment, metadata) => {
          this.assigned = metadata
          this.events.push(`assigned ${assignment.toString()} in ${metadata.generationId}`)
          await this.busy
        },
        onLost: async () => {
          this.events.push(`lost with ${this.group.metadata() === null ? 'no' : 'a'} generation`)
          await this.busy
        },
        ...options,
      },
      this.clock,
    )
  }

  /** A member in its first generation. */
  static async joined(options: Partial<GroupOptions> = {}): Promise<MemberUnderTest> {
    const member = new MemberUnderTest(options)
    const joining = member.group.join()
    await member.clock.advance(0)
    await joining
    return member
  }

  async beat(): Promise<void> {
    await this.clock.advance(HEARTBEAT_INTERVAL_MS)
  }

  /** Holds the answers to one request until the returned function is called. */
  hold(apiName: string): (answer?: number) => Promise<void> {
    let release!: (answer: number) => void
    this.coordinator.script(apiName, new Promise<number>((resolve) => (release = resolve)))
    return async (answer = 0) => {
      release(answer)
      await this.clock.advance(0)
    }
  }

  /** Makes callbacks wait until the returned function is called. */
  stall(): () => Promise<void> {
    let finish!: () => void
    this.busy = new Promise((resolve) => (finish = resolve))
    return async () => {
      this.busy = Promise.resolve()
      finish()
      await this.clock.advance(0)
    }
  }
}
