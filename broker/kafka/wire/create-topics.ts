import type { Api } from './api.ts'
import type { NamedOutcome } from './named-outcome.ts'

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  /** Kafka's own names: `cleanup.policy`. */
  readonly config: readonly (readonly [name: string, value: string])[]
}

export interface CreateTopicsRequest {
  readonly topics: readonly NewTopic[]
  readonly timeoutMs: number
  /** Says what would become of it, and creates nothing. */
  readonly isTrial: boolean
}

/** −1: as many as the broker's `default.replication.factor` (KIP-464). */
const REPLICATION_OF_BROKER = -1

export const createTopics: Api<CreateTopicsRequest, readonly NamedOutcome[]> = {
  key: 19,
  version: 7,
  name: 'CreateTopics',
  isFlexible: true,

  encode({ topics, timeoutMs, isTrial }, writer) {
    writer.compactArray(topics, ({ name, partitions, config }) => {
      writer.compactString(name).int32(partitions).int16(REPLICATION_OF_BROKER)
      writer.compactArray([], () => undefined)
      writer.compactArray(config, ([setting, value]) => {
        writer.compactString(setting).compactString(value).tags()
      })
      writer.tags()
    })
    writer.int32(timeoutMs).bool(isTrial).tags()
  },

  decode(reader) {
    reader.int32() // throttle time
    return reader.compactArray(() => {
      const name = reader.compactString() ?? ''
      reader.uuid()
      const code = reader.int16()
      const message = reader.compactString()
      reader.int32()
      reader.int16()
      reader.compactArray(() => {
        reader.compactString()
        reader.compactString()
        reader.bool()
        reader.int8()
        reader.bool()
        reader.tags()
      })
      reader.tags()
      return { name, code, message }
    })
  },
}
