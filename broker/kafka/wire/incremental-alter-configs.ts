import type { Api } from './api.ts'
import { TOPIC_RESOURCE } from './describe-configs.ts'
import type { NamedOutcome } from './named-outcome.ts'

export interface AlterTopicRequest {
  readonly topic: string
  readonly config: readonly (readonly [name: string, value: string])[]
}

const SET = 0

/** Sets what is named and leaves the rest, unlike AlterConfigs, which resets it (KIP-339). */
export const incrementalAlterConfigs: Api<AlterTopicRequest, readonly NamedOutcome[]> = {
  key: 44,
  version: 1,
  name: 'IncrementalAlterConfigs',
  isFlexible: true,

  encode({ topic, config }, writer) {
    writer.compactArray([topic], (name) => {
      writer.int8(TOPIC_RESOURCE).compactString(name)
      writer.compactArray(config, ([setting, value]) => {
        writer.compactString(setting).int8(SET).compactString(value).tags()
      })
      writer.tags()
    })
    writer.bool(false).tags()
  },

  decode(reader) {
    reader.int32() // throttle time
    return reader.compactArray(() => {
      const code = reader.int16()
      const message = reader.compactString()
      reader.int8()
      const name = reader.compactString() ?? ''
      reader.tags()
      return { name, code, message }
    })
  },
}
