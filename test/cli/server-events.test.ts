import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serverEvents, type ServerEvent } from '../../cli/http/server-events.ts'

async function parse(chunks: readonly Buffer[]): Promise<ServerEvent[]> {
  async function* source(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield await Promise.resolve(chunk)
  }
  const events: ServerEvent[] = []
  for await (const event of serverEvents(source())) events.push(event)
  return events
}

test('type, data and id are taken; comments and other fields are passed over', async () => {
  const text =
    'retry: 3000\n\n: keep-alive\n\nid: t:0:7\nevent: change\ndata: {"a":1}\n\ndata:x\n\n'
  expect(await parse([Buffer.from(text)])).toEqual([
    { type: 'change', data: '{"a":1}', id: 't:0:7' },
    { type: 'message', data: 'x', id: 't:0:7' },
  ])
})

test('several data lines are joined, an event cut off is not given out', async () => {
  expect(await parse([Buffer.from('data: a\ndata: b\n\nevent: lost\ndata: c\n')])).toEqual([
    { type: 'message', data: 'a\nb', id: null },
  ])
})

test('cuts anywhere, inside a character too, change nothing', async () => {
  const text = Buffer.from('event: ä\r\ndata: {"who":"ü→€"}\r\n\r\ndata: 2\n\n')
  const whole = await parse([text])
  expect(whole).toHaveLength(2)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: text.length - 1 })), async (cuts) => {
      const bounds = [0, ...[...new Set(cuts)].sort((a, b) => a - b), text.length]
      const chunks = bounds.slice(1).map((end, index) => text.subarray(bounds[index], end))
      expect(await parse(chunks)).toEqual(whole)
    }),
  )
})
