import type { RawRecord } from '../../broker/port.ts'
import { rawKey, rawValue, readHeaders } from '../../broker/record-batch/record-fields.ts'
import type { RecordHeader } from '../../broker/record-batch/record.ts'
import type { DeadLetterRecord } from '../../state/dead-letter-port.ts'

/**
 * The headers of the dead-letter topic.
 *
 * H1. Names that begin with `dlq.` are ours: a source record that carries them does not hand them
 *     on, so nobody outside can say where a dead letter came from (it decides where a replay
 *     writes). The count of replays alone travels with the record.
 */
export const OWN_PREFIX = 'dlq.'
/** On a record that was sent back: how often it was. */
export const REPLAY_COUNT = 'dlq.replay.count'
/** On a record that was sent back: the dead letter that it was, `topic partition:offset`. */
export const REPLAY_OF = 'dlq.replay.of'
/** On a marker: the value lists the dead letters of this topic that were sent back. */
export const REPLAY_MARKER = 'dlq.replay.marker'

/** Whether a header of a source record goes with its dead letter. */
export function isCarried({ key }: RecordHeader): boolean {
  return !key.startsWith(OWN_PREFIX) || key === REPLAY_COUNT
}

/** Reads a record of the dead-letter topic; null: a marker, or not written by us. */
export function readDeadLetter(partition: number, raw: RawRecord): DeadLetterRecord | null {
  const headers = readHeaders(raw)
  const text = (name: string): string | null =>
    headers.find(({ key }) => key === OWN_PREFIX + name)?.value?.toString('utf8') ?? null
  const number = (name: string): number => Number(text(name) ?? NaN)
  const topic = text('topic')
  const source = { partition: number('partition'), offset: number('offset') }
  if (topic === null || !Number.isSafeInteger(source.partition + source.offset)) return null
  const key = rawKey(raw)
  const value = rawValue(raw)
  const replayCount = Number(text('replay.count') ?? 0)
  return {
    partition,
    offset: raw.offset,
    source: { topic, ...source, timestampMs: raw.timestampMs },
    error: {
      class: text('error.class') ?? 'Error',
      code: text('error.code') ?? 'UNKNOWN',
      message: text('error.message') ?? '',
    },
    taskId: text('task') ?? '',
    truncated: text('truncated'),
    keyBytes: key?.length ?? -1,
    valueBytes: value?.length ?? -1,
    replayCount: Number.isSafeInteger(replayCount) && replayCount > 0 ? replayCount : 0,
    replayedAtMs: null,
    key,
    value,
    headers,
  }
}

/** The dead letters that a marker names, as `partition:offset`; empty: it is no marker. */
export function readMarker(raw: RawRecord): string[] {
  if (!readHeaders(raw).some(({ key }) => key === REPLAY_MARKER)) return []
  const names = rawValue(raw)?.toString('latin1').split(',') ?? []
  return names.filter((name) => /^\d+:\d+$/.test(name))
}
