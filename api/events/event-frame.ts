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
  const idLine = id === undefined ? '' : `id: ${id}\n`
  // JSON text has no line feed, which would end the field.
  return `${idLine}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

/**
 * Frames of the feed's records. The feed hands one record to all its listeners in turn, so the
 * last frame is kept: a record is written out once, however many clients watch.
 */
export class FeedFrames {
  private lastEvent: FeedEvent | null = null
  private lastFrame = ''

  frameOf(type: EventType, event: FeedEvent): string {
    if (event !== this.lastEvent) {
      const id = `${event.topic}:${event.partition}:${event.offset}`
      this.lastFrame = eventFrame(type, jsonOf(recordOf(type), event.value), id)
      this.lastEvent = event
    }
    return this.lastFrame
  }
}

function jsonOf(record: RecordName | null, value: unknown): unknown {
  return record === null ? value : toJson(record, value as RecordTypes[RecordName])
}
