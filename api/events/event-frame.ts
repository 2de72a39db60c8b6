import type { RecordName, RecordTypes } from '../../schemas/record-types.ts'
import { toJson } from '../../schemas/to-json.ts'
import type { FeedEvent } from '../../state/query-port.ts'
import { recordOf, type EventType } from './event-types.ts'

/**
 * Server-sent events as text. `id` is `topic:partition:offset` of the record, so that a client can
 * tell what it saw before; streams start at the present and do not replay.
 * Source: WHATWG HTML, "Server-sent events".
 */
export function eventFrame(type: string, data: unknown, id?: string): string {
  return frame(type, JSON.stringify(data), id)
}

/** @param json its text has no line feed, which would end the field */
function frame(type: string, json: string, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `${idLine}event: ${type}\ndata: ${json}\n\n`
}

/**
 * Frames of the feed's records. The feed hands one record to all its listeners in turn, so the
 * last text is kept: a record is written out once, however many clients watch.
 */
export class FeedFrames {
  private lastEvent: FeedEvent | null = null
  private lastData = ''

  /** @param name what the stream calls the type */
  frameOf(name: string, type: EventType, event: FeedEvent): string {
    if (event !== this.lastEvent) {
      this.lastData = JSON.stringify(jsonOf(recordOf(type), event.value))
      this.lastEvent = event
    }
    const { offset, partition, topic } = event
    return frame(name, this.lastData, `${topic}:${partition}:${offset}`)
  }
}

function jsonOf(record: RecordName | null, value: unknown): unknown {
  return record === null ? value : toJson(record, value as RecordTypes[RecordName])
}
