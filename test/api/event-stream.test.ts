import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { EventStream } from '../../api/events/event-stream.ts'

const limits = {
  eventQueueMax: 4,
  eventQueueBytesMax: 1000,
  eventKeepAliveMs: 60_000,
  eventStallTimeoutMs: 60_000,
}

const frame = (text: string) => () => `event: e\ndata: ${text}\n\n`

/** Takes what the stream would give a client now. */
function taken(stream: EventStream): string[] {
  const chunk = stream.read() as Buffer | null
  return (chunk?.toString() ?? '')
    .split('\n\n')
    .filter((text) => text.startsWith('event:'))
    .map((text) => text.slice(text.indexOf('data: ') + 6))
}

test('what was dropped is told in the place of the gap', () => {
  const dropped = vi.fn()
  const stream = new EventStream(limits, dropped)
  stream.hold()
  for (const text of ['1', '2', '3', '4', '5', '6']) stream.offer(frame(text))
  expect(dropped).toHaveBeenCalledTimes(2)
  stream.release(frame('first')())
  stream.read(0)
  stream.offer(frame('7'))
  expect(taken(stream)).toEqual(['first', '1', '2', '3', '4', '{"dropped":2}', '7'])
  stream.destroy()
})

test('an event for which there is no room is not even written', () => {
  const stream = new EventStream(limits, () => undefined)
  stream.hold()
  const write = vi.fn(frame('x'))
  for (let i = 0; i < 10; i++) stream.offer(write)
  expect(write).toHaveBeenCalledTimes(limits.eventQueueMax)
  stream.destroy()
})

test('few but large events are bounded by their bytes', () => {
  const dropped = vi.fn()
  const stream = new EventStream({ ...limits, eventQueueMax: 100 }, dropped)
  stream.hold()
  for (let i = 0; i < 10; i++) stream.offer(frame('x'.repeat(600)))
  expect(dropped).toHaveBeenCalledTimes(8)
  stream.destroy()
})

test('whatever is offered and read, all is received in order or counted as dropped', () => {
  const step = fc.constantFrom<'offer' | 'read'>('offer', 'offer', 'offer', 'read')
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const stream = new EventStream({ ...limits, eventQueueBytesMax: 1e6 }, () => undefined)
      const received: string[] = []
      let offered = 0
      for (const each of steps) {
        if (each === 'read') received.push(...taken(stream))
        else stream.offer(frame(`${offered++}:${'x'.repeat(5000)}`))
      }
      for (let i = 0; i < 20; i++) received.push(...taken(stream))
      stream.destroy()
      let next = 0
      for (const text of received) {
        if (text.startsWith('{')) next += (JSON.parse(text) as { dropped: number }).dropped
        else expect(Number.parseInt(text, 10)).toBe(next++)
      }
      expect(next).toBe(offered)
    }),
  )
})

test('after its end a stream takes nothing and may be ended again', () => {
  const stream = new EventStream(limits, () => undefined)
  stream.offer(frame('1'))
  stream.end()
  stream.end()
  stream.offer(frame('2'))
  expect(taken(stream)).toEqual(['1'])
  expect(stream.read()).toBeNull()
})
