import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineBatches, type LineBatch } from '../../cli/input/line-batches.ts'

async function* chunked(chunks: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk))
}

async function collect(
  chunks: AsyncIterable<Buffer>,
  limits: { batchBytes: number; lineBytesMax?: number; quietMs?: number },
): Promise<LineBatch[]> {
  const batches: LineBatch[] = []
  const all = { lineBytesMax: 1 << 20, quietMs: 60_000, ...limits }
  for await (const batch of lineBatches(chunks, all)) batches.push(batch)
  return batches
}

test('however the bytes are cut, batches hold whole lines, all of them, numbered', async () => {
  const line = fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', ''))
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 40 }),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 64 }),
      async (lines, endsWithNewline, cuts, batchBytes) => {
        const text = Buffer.from(lines.join('\n') + (endsWithNewline ? '\n' : ''))
        const chunks: Buffer[] = []
        for (let at = 0, cut = 0; at < text.length; cut++) {
          const length = cuts[cut % cuts.length]!
          chunks.push(text.subarray(at, (at += length)))
        }
        const batches = await collect(chunked(chunks), { batchBytes })
        expect(Buffer.concat(batches.map(({ bytes }) => bytes))).toEqual(text)
        let nextLine = 1
        for (const [index, { bytes, firstLine, lines: count }] of batches.entries()) {
          expect(firstLine).toBe(nextLine)
          if (index < batches.length - 1) expect(bytes.at(-1)).toBe(0x0a)
          const feeds = bytes.toString().split('\n').length - 1
          expect(count).toBe(bytes.at(-1) === 0x0a ? feeds : feeds + 1)
          nextLine += count
        }
      },
    ),
  )
})

test('an empty source gives no batch', async () => {
  expect(await collect(chunked([]), { batchBytes: 10 })).toEqual([])
})

test('a source that is quiet gets its whole lines sent, the broken one waits', async () => {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  async function* live(): AsyncGenerator<Buffer> {
    yield Buffer.from('one\ntwo\nthr')
    await released
    yield Buffer.from('ee\n')
  }
  const batches = lineBatches(live(), { batchBytes: 1000, lineBytesMax: 1000, quietMs: 5 })
  expect((await batches.next()).value).toMatchObject({ firstLine: 1, lines: 2 })
  release()
  const last = (await batches.next()).value as LineBatch
  expect(last.bytes.toString()).toBe('three\n')
  expect(last.firstLine).toBe(3)
})

test('input without line ends is refused before it fills the memory', async () => {
  const endless = chunked(Array.from({ length: 100 }, () => 'x'.repeat(100)))
  await expect(collect(endless, { batchBytes: 50, lineBytesMax: 500 })).rejects.toThrow(
    'line 1 is longer than 500 bytes',
  )
})

test('leaving early lets the source close', async () => {
  let closed = false
  async function* source(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield await Promise.resolve(Buffer.from('line\n'))
    } finally {
      closed = true
    }
  }
  for await (const batch of lineBatches(source(), { batchBytes: 1, lineBytesMax: 9, quietMs: 9 })) {
    expect(batch.lines).toBe(1)
    break
  }
  expect(closed).toBe(true)
})
