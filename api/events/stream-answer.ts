import type { FastifyReply } from 'fastify'
import { eventFrame } from './event-frame.ts'
import type { EventStream } from './event-stream.ts'

/**
 * Has a stream start with a snapshot. It is watched before it is read: what comes in between is in
 * the snapshot, in the events, or in both, but not in neither.
 */
export async function startWith(
  stream: EventStream,
  snapshot: () => Promise<object>,
): Promise<void> {
  stream.hold()
  try {
    stream.release(eventFrame('snapshot', await snapshot()))
  } catch (error) {
    stream.destroy()
    throw error
  }
}

export function sendStream(reply: FastifyReply, stream: EventStream): FastifyReply {
  return reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-cache, no-transform')
    .header('x-accel-buffering', 'no')
    .send(stream)
}

export const eventStreamResponse = {
  description:
    'Server-sent events; `data` is the record as JSON, `id` its topic:partition:offset. An event ' +
    '`overflow` {dropped} stands where a slow client missed events. A comment every 15 s.',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
}
