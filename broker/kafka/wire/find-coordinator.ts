import type { Api } from './api.ts'

export interface FindCoordinatorRequest {
  readonly kind: 'group' | 'transaction'
  /** A group id or transactional id. */
  readonly key: string
}

export interface FoundCoordinator {
  readonly code: number
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** Source: Kafka protocol guide. Makes the broker create its internal topic when there is none. */
export const findCoordinator: Api<FindCoordinatorRequest, FoundCoordinator> = {
  key: 10,
  version: 3,
  name: 'FindCoordinator',
  isFlexible: true,

  encode({ kind, key }, writer) {
    writer.compactString(key)
    writer.int8(kind === 'group' ? 0 : 1)
    writer.tags()
  },

  decode(reader) {
    reader.int32()
    const code = reader.int16()
    reader.compactString()
    const nodeId = reader.int32()
    const host = reader.compactString() ?? ''
    const port = reader.int32()
    return { code, nodeId, host, port }
  },
}
