import type { Api } from './api.ts'
import { type CodeAnswer, type GroupSeat, readThrottledCode, writeSeat } from './group-fields.ts'

export const heartbeat: Api<GroupSeat, CodeAnswer> = {
  key: 12,
  version: 4,
  name: 'Heartbeat',
  isFlexible: true,
  encode(seat, writer) {
    writeSeat(seat, writer)
    writer.tags()
  },
  decode: readThrottledCode,
}
