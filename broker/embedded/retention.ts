import type { PartitionLog } from './partition-log.ts'
import { isTrimmed } from './topic-rules.ts'

/**
 * The offset before which a log has expired, by its topic's settings; its start when nothing has.
 *
 * Whole segments go, oldest first, and none behind the last stable offset. By time, a segment
 * expires with its newest record: on a create-time topic that is event time, so a replay of old
 * data expires at once, as in Kafka. By size, what remains is at least `retentionBytes`.
 */
export function expiredBefore(log: PartitionLog, nowMs: number): number {
  const { retentionMs, retentionBytes } = log.config
  const isLimited = retentionMs >= 0 || retentionBytes >= 0
  if (!isLimited || !isTrimmed(log.config)) return log.logStartOffset
  const active = log.segments.active
  const segments = active === null ? log.segments.closed : [...log.segments.closed, active]
  let sizeBytes = log.segments.sizeBytes
  let start = log.logStartOffset
  for (const segment of segments) {
    const isOld = retentionMs >= 0 && segment.maxTimestampMs < nowMs - retentionMs
    const isExcess = retentionBytes >= 0 && sizeBytes - segment.sizeBytes >= retentionBytes
    if ((!isOld && !isExcess) || segment.lastOffset >= log.lastStableOffset) break
    sizeBytes -= segment.sizeBytes
    start = segment.lastOffset + 1
  }
  return start
}
