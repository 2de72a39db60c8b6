import type { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'
import type { Codec } from '../bytes/codec.ts'
import { CorruptBytesError } from '../bytes/errors.ts'

/** Up to where of its changelog a store's data goes; kept beside the data. */
export interface ChangelogPosition {
  /** A topic deleted and created again has another one. */
  readonly topicId: string
  readonly partition: number
  /** The next offset to apply. */
  readonly offset: number
  /** Broker's clock when the position was known to be current, milliseconds. */
  readonly brokerTimeMs: number
}

const VERSION = 1

/** Layout: u8 version, string topicId, varint partition, varint offset, varint brokerTimeMs. */
export const changelogPositionCodec: Codec<ChangelogPosition> = {
  encode(position: ChangelogPosition, into: ByteWriter): void {
    into.u8(VERSION)
    into.string(position.topicId)
    into.varint(position.partition)
    into.varint(position.offset)
    into.varint(position.brokerTimeMs)
  },
  decode(from: ByteReader): ChangelogPosition {
    if (from.u8() !== VERSION) throw new CorruptBytesError('position version', 0, from.end)
    return {
      topicId: from.string(),
      partition: from.varint(),
      offset: from.varint(),
      brokerTimeMs: from.varint(),
    }
  },
}
