import type { LogReader } from './log-reader.ts'
import type { PartitionLog } from './partition-log.ts'
import type { WriteQueue } from './write-queue.ts'

/**
 * Raises a log's start to `offset`, and deletes the rows of what lies wholly before it.
 *
 * Readers see the new start at once; it is on disk when this resolves. A batch that begins before
 * the start and reaches it is kept, and read from the start on.
 */
export async function trimLog(
  log: PartitionLog,
  offset: number,
  reader: LogReader,
  writes: WriteQueue,
): Promise<void> {
  if (offset <= log.logStartOffset) return
  const [spanning] = await reader.read(log, offset, log.logEndOffset, 1, false)
  if (offset <= log.logStartOffset || log.isDeleted) return
  const keptFrom = Math.min(offset, spanning?.baseOffset ?? offset)
  log.raiseStart(offset)
  const dropped = log.segments.dropBefore(offset)
  log.aborts.dropBefore(offset)
  await writes.enqueue((batch) => {
    if (log.isDeleted) return
    const rows = log.keys.between('B', 0, keptFrom)
    batch.deleteRange(rows.gte, rows.lt)
    for (const { baseOffset } of dropped) batch.delete(log.keys.at('S', baseOffset))
    const aborts = log.keys.between('A', 0, offset)
    batch.deleteRange(aborts.gte, aborts.lt)
    log.saveSegments(batch)
    log.saveState(batch)
  })
}
