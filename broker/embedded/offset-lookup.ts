import type { Isolation, OffsetSpec } from '../port.ts'
import type { LogReader } from './log-reader.ts'
import type { PartitionLog } from './partition-log.ts'

const SCAN_BYTES = 256 * 1024

/**
 * Finds an offset by its meaning.
 *
 * By time: the segment index names the stretches that may hold the time, so about a megabyte is
 * read where one does; only a stretch whose newest records were compacted away is read in vain.
 */
export async function lookUpOffset(
  reader: LogReader,
  log: PartitionLog,
  spec: OffsetSpec,
  isolation: Isolation,
): Promise<number> {
  if (spec === 'earliest') return log.logStartOffset
  const end = log.visibleEnd(isolation)
  if (spec === 'latest') return end
  const segments = [...log.segments.reaching(spec.timestampMs)]
  for (const { baseOffset, lastOffset } of segments) {
    const from = Math.max(baseOffset, log.logStartOffset)
    const to = Math.min(lastOffset + 1, end)
    const found = await firstAtOrAfter(reader, log, from, to, spec.timestampMs)
    if (found !== null) return found
  }
  return log.visibleEnd(isolation)
}

async function firstAtOrAfter(
  reader: LogReader,
  log: PartitionLog,
  from: number,
  to: number,
  timestampMs: number,
): Promise<number | null> {
  for await (const batches of reader.scan(log, from, to, SCAN_BYTES)) {
    for (const batch of batches) {
      if (batch.isControl || batch.maxTimestampMs < timestampMs) continue
      const found: number[] = []
      batch.from(from).forEach((record) => {
        if (record.timestampMs >= timestampMs) found.push(record.offset)
      })
      if (found.length > 0) return found[0]!
    }
  }
  return null
}
