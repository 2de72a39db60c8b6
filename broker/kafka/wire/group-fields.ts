import type { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/** Who asks, and in which generation: what the coordinator checks (KIP-345 for the instance id). */
export interface GroupSeat {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly instanceId: string | null
}

export interface CodeAnswer {
  readonly errorCode: number
}

export function writeSeat(seat: GroupSeat, writer: WireWriter): void {
  writer.compactString(seat.groupId).int32(seat.generationId)
  writer.compactString(seat.memberId).compactString(seat.instanceId)
}

export function readThrottledCode(reader: WireReader): CodeAnswer {
  reader.int32() // throttle time
  return { errorCode: reader.int16() }
}
