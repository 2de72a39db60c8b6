import type { Api } from './api.ts'
import { type CodeAnswer, readThrottledCode } from './group-fields.ts'

export interface LeaveGroupRequest {
  readonly groupId: string
  readonly memberId: string
}

/** The verdict on the one member is not read: it is gone either way. */
export const leaveGroup: Api<LeaveGroupRequest, CodeAnswer> = {
  key: 13,
  version: 4,
  name: 'LeaveGroup',
  isFlexible: true,
  encode(request, writer) {
    writer.compactString(request.groupId)
    writer.compactArray([request.memberId], (memberId) => {
      writer.compactString(memberId)
      writer.compactString(null) // group instance id
      writer.tags()
    })
    writer.tags()
  },
  decode: readThrottledCode,
}
