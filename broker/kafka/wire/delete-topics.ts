import type { Api } from './api.ts'
import type { NamedOutcome } from './named-outcome.ts'

export interface DeleteTopicsRequest {
  readonly names: readonly string[]
  readonly timeoutMs: number
}

/** v5: the last version that takes names alone. */
export const deleteTopics: Api<DeleteTopicsRequest, readonly NamedOutcome[]> = {
  key: 20,
  version: 5,
  name: 'DeleteTopics',
  isFlexible: true,

  encode({ names, timeoutMs }, writer) {
    writer.compactArray(names, (name) => writer.compactString(name))
    writer.int32(timeoutMs).tags()
  },

  decode(reader) {
    reader.int32() // throttle time
    return reader.compactArray(() => {
      const name = reader.compactString() ?? ''
      const code = reader.int16()
      const message = reader.compactString()
      reader.tags()
      return { name, code, message }
    })
  },
}
