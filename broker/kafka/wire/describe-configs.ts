import type { Api } from './api.ts'
import type { NamedOutcome } from './named-outcome.ts'
import type { WireReader } from './wire-reader.ts'

export interface DescribeConfigsRequest {
  readonly topics: readonly string[]
  /** Kafka's own names: `cleanup.policy`. */
  readonly settings: readonly string[]
}

export interface TopicConfigEntries extends NamedOutcome {
  readonly values: ReadonlyMap<string, string>
}

const TOPIC_RESOURCE = 2

/** What holds for a topic, be it its own setting, the broker's, or Kafka's default. */
export const describeConfigs: Api<DescribeConfigsRequest, readonly TopicConfigEntries[]> = {
  key: 32,
  version: 4,
  name: 'DescribeConfigs',
  isFlexible: true,

  encode({ topics, settings }, writer) {
    writer.compactArray(topics, (name) => {
      writer.int8(TOPIC_RESOURCE).compactString(name)
      writer.compactArray(settings, (setting) => writer.compactString(setting))
      writer.tags()
    })
    writer.bool(false).bool(false).tags()
  },

  decode(reader) {
    reader.int32() // throttle time
    return reader.compactArray(() => {
      const code = reader.int16()
      const message = reader.compactString()
      reader.int8()
      const name = reader.compactString() ?? ''
      const values = new Map<string, string>()
      reader.compactArray(() => readEntry(reader, values))
      reader.tags()
      return { name, code, message, values }
    })
  },
}

function readEntry(reader: WireReader, values: Map<string, string>): void {
  const name = reader.compactString() ?? ''
  const value = reader.compactString()
  if (value !== null) values.set(name, value)
  reader.bool()
  reader.int8()
  reader.bool()
  reader.compactArray(() => {
    reader.compactString()
    reader.compactString()
    reader.int8()
    reader.tags()
  })
  reader.int8()
  reader.compactString()
  reader.tags()
}
