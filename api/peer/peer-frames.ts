import { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteString } from '../../bytes/byte-string.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import type { PeerRows, PeerScan, PeerValue } from '../../state/peer-port.ts'
import type { InputPosition, LabelledPosition, StoreRow } from '../../state/query-port.ts'

/**
 * Answers between instances, in bytes.
 *
 * A version, the position, then a value or rows; integers are varints, texts and values carry
 * their length. F1. What a decoder returns was checked against what was asked: another task, rows
 * out of order or beyond the limit, or anything left over is an error, never an answer.
 */
const VERSION = 1

/** What came is no answer to what was asked. */
export class PeerFrameError extends Error {
  override name = 'PeerFrameError'
}

export function encodeValue({ position, value }: PeerValue): Buffer {
  const writer = startFrame(position)
  writer.u8(value === undefined ? 0 : 1)
  if (value !== undefined) writer.bytes(value)
  return writer.copy()
}

/** @throws {PeerFrameError | CorruptBytesError} */
export function decodeValue(frame: Buffer, taskId: string): PeerValue {
  const reader = new ByteReader(frame)
  const position = readPosition(reader, taskId)
  const value = readFlag(reader) ? reader.bytes() : undefined
  assertEnd(reader)
  return { position, value }
}

export function encodeRows({ hasMore, position, rows }: PeerRows): Buffer {
  const writer = startFrame(position)
  writer.u8(hasMore ? 1 : 0)
  writer.varint(rows.length)
  for (const [key, value] of rows) {
    writer.bytes(Buffer.from(key, 'latin1'))
    writer.bytes(value)
  }
  return writer.copy()
}

/** @throws {PeerFrameError | CorruptBytesError} */
export function decodeRows(
  frame: Buffer,
  asked: Pick<PeerScan, 'taskId' | 'prefix' | 'after' | 'limit'>,
): PeerRows {
  const reader = new ByteReader(frame)
  const position = readPosition(reader, asked.taskId)
  const hasMore = readFlag(reader)
  const count = readCount(reader, 2)
  if (count > asked.limit) throw new PeerFrameError(`${count} rows, ${asked.limit} were asked for`)
  const rows: StoreRow<Buffer>[] = []
  let last: ByteString | undefined = asked.after
  for (let i = 0; i < count; i++) {
    const key = reader.bytes().toString('latin1')
    if (!key.startsWith(asked.prefix) || (last !== undefined && key <= last)) {
      throw new PeerFrameError('a row that was not asked for, or not in order')
    }
    rows.push([key, reader.bytes()])
    last = key
  }
  if (hasMore && count === 0) throw new PeerFrameError('no rows, and more to come')
  assertEnd(reader)
  return { rows, hasMore, position }
}

function startFrame(position: LabelledPosition): ByteWriter {
  const writer = new ByteWriter()
  writer.u8(VERSION)
  writer.string(position.taskId)
  writer.u8(position.role === 'active' ? 0 : 1)
  writer.u8(position.stale ? 1 : 0)
  writer.varint(Math.max(0, Math.round(position.stalenessMs)))
  writer.varint(position.lag)
  writer.varint(position.inputs.length)
  for (const { topic, partition, offset } of position.inputs) {
    writer.string(topic)
    writer.varint(partition)
    writer.varint(offset)
  }
  return writer
}

function readPosition(reader: ByteReader, taskId: string): LabelledPosition {
  const version = reader.u8()
  if (version !== VERSION) throw new PeerFrameError(`version ${version} is not known here`)
  if (reader.string() !== taskId) throw new PeerFrameError('an answer about another task')
  const role = readFlag(reader) ? 'standby' : 'active'
  const stale = readFlag(reader)
  if (stale !== (role === 'standby')) throw new PeerFrameError('a standby is always stale')
  const stalenessMs = readInteger(reader)
  const lag = readInteger(reader)
  const inputs = Array.from({ length: readCount(reader, 3) }, (): InputPosition => ({
    topic: reader.string(),
    partition: readInteger(reader),
    offset: readInteger(reader),
  }))
  return { taskId, role, stale, stalenessMs, lag, inputs }
}

function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8()
  if (flag > 1) throw new PeerFrameError(`${flag} is no flag`)
  return flag === 1
}

function readInteger(reader: ByteReader): number {
  const value = reader.varint()
  if (!Number.isSafeInteger(value)) throw new PeerFrameError('an integer that is not safe')
  return value
}

/** A count of things of at least so many bytes: never more than the frame can hold. */
function readCount(reader: ByteReader, bytesMin: number): number {
  const count = reader.varint()
  if (count * bytesMin > reader.remaining) throw new PeerFrameError(`${count} things, too many`)
  return count
}

function assertEnd({ remaining }: ByteReader): void {
  if (remaining > 0) throw new PeerFrameError(`${remaining} bytes too many`)
}
