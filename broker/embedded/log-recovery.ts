import type { ByteString } from '../../bytes/byte-string.ts'
import type { DatabaseReader } from '../../state/task-database.ts'
import { AbortIndex, type AbortedRange } from './abort-index.ts'
import type { CounterRow } from './counter.ts'
import { checkedBatch } from './log-reader.ts'
import type { RecoveredLog } from './partition-log.ts'
import { LogKeys, offsetOfKey, rowsOf, type RowRange } from './row-keys.ts'
import {
  decodeRow,
  type AbortRow,
  type GroupOffsetRow,
  type PartitionRow,
  type SegmentRow,
  type TopicRow,
  type TransactionRow,
} from './rows.ts'
import { SegmentIndex, type Segment } from './segment-index.ts'

const FAMILY_KEY_START = 1

export interface RecoveredTopic {
  readonly name: string
  readonly row: TopicRow
  readonly logs: readonly RecoveredLog[]
}

/** What the disk holds beside the batches. */
export interface RecoveredState {
  readonly counters: ReadonlyMap<string, number>
  readonly topics: readonly RecoveredTopic[]
  readonly transactions: readonly { readonly name: string; readonly row: TransactionRow }[]
  readonly groupOffsets: readonly GroupOffsetRow[]
}

/**
 * Finds the state of the log at open.
 *
 * Reads metadata rows, and batches only behind the last closed segment of each partition: about a
 * megabyte at most, however long the log is.
 */
export async function recoverLog(
  database: DatabaseReader,
  segmentBytes: number,
  nowMs: number,
): Promise<RecoveredState> {
  const [counterRows, topicRows, transactionRows, offsetRows] = await Promise.all([
    readAll<CounterRow>(database, rowsOf('N')),
    readAll<TopicRow>(database, rowsOf('T')),
    readAll<TransactionRow>(database, rowsOf('X')),
    readAll<GroupOffsetRow>(database, rowsOf('O')),
  ])
  const topics: RecoveredTopic[] = []
  for (const [name, row] of topicRows) {
    const logs: RecoveredLog[] = []
    for (let partition = 0; partition < row.partitions; partition++) {
      const keys = new LogKeys(row.number, partition)
      logs.push(await recoverPartition(database, keys, segmentBytes, nowMs))
    }
    topics.push({ name, row, logs })
  }
  return {
    counters: new Map(counterRows.map(([name, { limit }]) => [name, limit])),
    topics,
    transactions: transactionRows.map(([name, row]) => ({ name, row })),
    groupOffsets: offsetRows.map(([, row]) => row),
  }
}

async function recoverPartition(
  database: DatabaseReader,
  keys: LogKeys,
  segmentBytes: number,
  nowMs: number,
): Promise<RecoveredLog> {
  const [stateRows, segmentRows, abortRows] = await Promise.all([
    database.getMany([keys.partition]),
    readKeyed<SegmentRow>(database, keys.all('S')),
    readKeyed<AbortRow>(database, keys.all('A')),
  ])
  const state = stateRows[0] == null ? null : (decodeRow(stateRows[0]) as PartitionRow)
  const logStartOffset = state?.logStartOffset ?? 0
  const closed = segmentRows.map(([key, row]): Segment => {
    return { baseOffset: offsetOfKey(key), ...row }
  })
  const segments = new SegmentIndex(segmentBytes, closed)
  // Offsets below a segment's end were given out, even where a crash undid the records.
  let logEndOffset = Math.max(logStartOffset, segments.closedEnd)
  const rest = keys.from('B', segments.closedEnd)
  for await (const page of database.range(rest.gte, rest.lt)) {
    for (const [key, value] of page) {
      const batch = checkedBatch(key, value)
      if (batch.lastOffset >= logStartOffset) segments.add(batch, nowMs)
      logEndOffset = Math.max(logEndOffset, batch.lastOffset + 1)
    }
  }
  const aborts = new AbortIndex(abortRows.map(([key, row]) => abortedRange(key, row)))
  const cleanedOffset = Math.max(logStartOffset, state?.cleanedOffset ?? 0)
  return { logStartOffset, logEndOffset, cleanedOffset, segments, aborts }
}

function abortedRange(key: ByteString, { producerId, firstOffset }: AbortRow): AbortedRange {
  return { producerId: BigInt(producerId), firstOffset, markerOffset: offsetOfKey(key) }
}

/** Rows of a family by the text behind its letter. */
async function readAll<Row>(database: DatabaseReader, range: RowRange): Promise<[string, Row][]> {
  const rows = await readKeyed<Row>(database, range)
  return rows.map(([key, row]) => [key.slice(FAMILY_KEY_START), row])
}

async function readKeyed<Row>(
  database: DatabaseReader,
  { gte, lt }: RowRange,
): Promise<[ByteString, Row][]> {
  const rows: [ByteString, Row][] = []
  for await (const page of database.range(gte, lt)) {
    for (const [key, value] of page) rows.push([key, decodeRow(value) as Row])
  }
  return rows
}
