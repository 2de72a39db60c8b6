import type { Api } from './api.ts'

export interface JoinGroupRequest {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Empty: a newcomer. */
  readonly memberId: string
  readonly instanceId: string | null
  readonly protocolType: string
  readonly protocolName: string
  readonly metadata: Buffer
}

export interface JoinGroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly metadata: Buffer
}

export interface JoinGroupAnswer {
  readonly errorCode: number
  readonly generationId: number
  readonly leaderId: string
  /** With MEMBER_ID_REQUIRED: the id to join with (KIP-394). */
  readonly memberId: string
  /** Empty unless this member is the leader, and is to assign. */
  readonly members: readonly JoinGroupMember[]
}

/**
 * v7 (Kafka 2.8). A static leader that returns to its seat is named no leader and has nothing to
 * assign, which v9 says by `skip_assignment` (KIP-814) and this by the former leader's id.
 */
export const joinGroup: Api<JoinGroupRequest, JoinGroupAnswer> = {
  key: 11,
  version: 7,
  name: 'JoinGroup',
  isFlexible: true,
  encode(request, writer) {
    writer.compactString(request.groupId)
    writer.int32(request.sessionTimeoutMs).int32(request.rebalanceTimeoutMs)
    writer.compactString(request.memberId).compactString(request.instanceId)
    writer.compactString(request.protocolType)
    writer.compactArray([request], ({ protocolName, metadata }) => {
      writer.compactString(protocolName).compactBytes(metadata).tags()
    })
    writer.tags()
  },
  decode(reader) {
    reader.int32() // throttle time
    const errorCode = reader.int16()
    const generationId = reader.int32()
    reader.compactString() // protocol type
    reader.compactString() // protocol name
    const leaderId = reader.compactString() ?? ''
    const memberId = reader.compactString() ?? ''
    const members = reader.compactArray(() => {
      const member = {
        memberId: reader.compactString() ?? '',
        instanceId: reader.compactString(),
        metadata: reader.compactBytes() ?? Buffer.alloc(0),
      }
      reader.tags()
      return member
    })
    return { errorCode, generationId, leaderId, memberId, members }
  },
}
