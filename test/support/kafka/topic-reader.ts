import type { Properties } from './broker-properties.ts'
import { runJavaTool } from './java-tool.ts'

/** A record as Kafka's own Java consumer gives it. */
export interface CommittedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

/**
 * Reads topics from their start to their end as it is now, through Kafka's Java consumer: a judge
 * that shares no code with the client under test.
 *
 * `read_committed` unless `client` says otherwise. Some 300,000 records a second; records of one
 * partition come in order.
 *
 * @param visit called for each record; its buffers are good until it returns
 */
export async function visitCommitted(
  bootstrapServers: string,
  topics: readonly string[],
  visit: (record: CommittedRecord) => void,
  client: Properties = {},
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  const settings = {
    'bootstrap.servers': bootstrapServers,
    'isolation.level': 'read_committed',
    ...client,
  }
  await runJavaTool({ program: 'TopicReader', client: settings, args: topics }, (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const cursor = new FrameCursor(rest)
    for (;;) {
      const start = cursor.position
      const record = readRecord(cursor, topics)
      if (record === null) {
        rest = rest.subarray(start)
        return
      }
      visit(record)
    }
  })
  if (rest.length > 0) throw new Error('the reader ended inside a record')
}

/** All of {@link visitCommitted} in memory. */
export async function readCommitted(
  bootstrapServers: string,
  topics: readonly string[],
  client: Properties = {},
): Promise<CommittedRecord[]> {
  const records: CommittedRecord[] = []
  const keep = (record: CommittedRecord): void => void records.push(record)
  await visitCommitted(bootstrapServers, topics, keep, client)
  return records
}

/** Reads numbers and bytes as TopicReader.java writes them; `isShort` once the bytes run out. */
class FrameCursor {
  readonly #bytes: Buffer
  position = 0
  isShort = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int32(): number {
    const at = this.#take(4)
    return at < 0 ? 0 : this.#bytes.readInt32BE(at)
  }

  int64(): number {
    const at = this.#take(8)
    return at < 0 ? 0 : Number(this.#bytes.readBigInt64BE(at))
  }

  bytes(): Buffer | null {
    const length = this.int32()
    if (length < 0) return null
    const at = this.#take(length)
    return at < 0 ? null : this.#bytes.subarray(at, at + length)
  }

  #take(length: number): number {
    const at = this.position
    this.isShort ||= at + length > this.#bytes.length
    if (this.isShort) return -1
    this.position += length
    return at
  }
}

/** Null: the record is not all there yet. */
function readRecord(cursor: FrameCursor, topics: readonly string[]): CommittedRecord | null {
  const topic = topics[cursor.int32()]!
  const partition = cursor.int32()
  const offset = cursor.int64()
  const timestampMs = cursor.int64()
  const key = cursor.bytes()
  const value = cursor.bytes()
  const headers: [string, Buffer | null][] = []
  for (let count = cursor.int32(); count > 0; count--) {
    headers.push([cursor.bytes()?.toString() ?? '', cursor.bytes()])
  }
  return cursor.isShort ? null : { topic, partition, offset, timestampMs, key, value, headers }
}
