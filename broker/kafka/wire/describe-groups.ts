import type { Api } from './api.ts'
import type { WireReader } from './wire-reader.ts'

export interface DescribedMember {
  readonly memberId: string
  readonly instanceId: string | null
}

export interface DescribedGroup {
  readonly errorCode: number
  /** `Dead`: there is no such group. */
  readonly state: string
  readonly members: readonly DescribedMember[]
}

/** v5, of one group. */
export const describeGroup: Api<string, DescribedGroup> = {
  key: 15,
  version: 5,
  name: 'DescribeGroups',
  isFlexible: true,
  encode(groupId, writer) {
    writer.compactArray([groupId], (id) => writer.compactString(id))
    writer.bool(false).tags() // no authorized operations
  },
  decode(reader) {
    reader.int32() // throttle time
    const [group] = reader.compactArray(decodeGroup)
    return group ?? { errorCode: 0, state: 'Dead', members: [] }
  },
}

function decodeGroup(reader: WireReader): DescribedGroup {
  const errorCode = reader.int16()
  reader.compactString() // group id
  const state = reader.compactString() ?? ''
  reader.compactString() // protocol type
  reader.compactString() // protocol name
  const members = reader.compactArray(() => {
    const member = {
      memberId: reader.compactString() ?? '',
      instanceId: reader.compactString(),
    }
    reader.compactString() // client id
    reader.compactString() // client host
    reader.compactBytes() // metadata
    reader.compactBytes() // assignment
    reader.tags()
    return member
  })
  reader.int32() // authorized operations
  reader.tags()
  return { errorCode, state, members }
}
