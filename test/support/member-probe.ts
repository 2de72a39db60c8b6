import type { Broker, Group, GroupMember, GroupMetadata, GroupOptions } from '../../broker/port.ts'

export type MemberEvent = 'assigned' | 'lost'

/** Partitions dealt out in turn, in the order of the members' ids. */
export function dealPartitions(
  members: readonly GroupMember[],
  partitions: number,
): Map<string, Buffer> {
  const ids = members.map(({ memberId }) => memberId).sort()
  const shares = ids.map((id): [string, number[]] => [id, []])
  for (let i = 0; i < partitions; i++) shares[i % shares.length]![1].push(i)
  return new Map(shares.map(([id, share]) => [id, Buffer.from(JSON.stringify(share))]))
}

export interface ProbeOptions extends Partial<GroupOptions> {
  readonly groupId: string
  /** @default 6 */
  readonly partitions?: number
}

/** A group member that notes what happens to it. */
export class MemberProbe {
  readonly events: MemberEvent[] = []
  readonly generations: number[] = []
  /** What ended the membership, if not `leave`. */
  failure: Error | null = null
  readonly group: Group
  /** What it owns; null: nothing is assigned. */
  owned: readonly number[] | null = null
  /** The newest assignment's. */
  assigned: GroupMetadata | null = null
  /** What it was told of the members, when it led. */
  seenMembers: readonly GroupMember[] = []

  constructor(broker: Broker, options: ProbeOptions) {
    const { partitions = 6, ...rest } = options
    this.group = broker.group({
      subscription: () => Buffer.alloc(0),
      heartbeatIntervalMs: 50,
      assign: (members) => {
        this.seenMembers = members
        return dealPartitions(members, partitions)
      },
      ...rest,
      onAssigned: async (assignment, metadata) => {
        this.events.push('assigned')
        this.generations.push(metadata.generationId)
        this.assigned = metadata
        this.owned = JSON.parse(assignment.toString()) as number[]
        await options.onAssigned?.(assignment, metadata)
      },
      onLost: async () => {
        this.events.push('lost')
        this.owned = null
        await options.onLost?.()
      },
      onFailed: (error) => {
        this.failure = error
      },
    })
  }
}

/** The partitions of these members, sorted; null while one of them owns none. */
export function ownedByAll(members: readonly MemberProbe[]): number[] | null {
  const owned: number[] = []
  for (const member of members) {
    if (member.owned === null) return null
    owned.push(...member.owned)
  }
  return owned.sort((a, b) => a - b)
}
