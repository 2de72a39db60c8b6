import type { Api } from './api.ts'
import { type CodeAnswer, type GroupSeat, readThrottledCode, writeSeat } from './group-fields.ts'

export interface SyncGroupRequest extends GroupSeat {
  readonly protocolType: string
  readonly protocolName: string
  /** By member id; empty unless the leader's. */
  readonly assignments: ReadonlyMap<string, Buffer>
}

export interface SyncGroupAnswer extends CodeAnswer {
  readonly assignment: Buffer
}

export const syncGroup: Api<SyncGroupRequest, SyncGroupAnswer> = {
  key: 14,
  version: 5,
  name: 'SyncGroup',
  isFlexible: true,
  encode(request, writer) {
    writeSeat(request, writer)
    writer.compactString(request.protocolType).compactString(request.protocolName)
    writer.compactArray([...request.assignments], ([memberId, assignment]) => {
      writer.compactString(memberId).compactBytes(assignment).tags()
    })
    writer.tags()
  },
  decode(reader) {
    const { errorCode } = readThrottledCode(reader)
    reader.compactString() // protocol type
    reader.compactString() // protocol name
    return { errorCode, assignment: reader.compactBytes() ?? Buffer.alloc(0) }
  },
}
