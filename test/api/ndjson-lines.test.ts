import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NdjsonLines, overlong } from '../../api/ingest/ndjson-lines.ts'

function linesOf(chunks: readonly Buffer[], lineBytesMax = 100): (string | symbol)[][] {
  const lines = new NdjsonLines(lineBytesMax)
  const found: (string | symbol)[][] = []
  const note = (line: Buffer | typeof overlong) => {
    found.push([String(lines.lineNumber), line === overlong ? overlong : line.toString()])
  }
  for (const chunk of chunks) {
    lines.feed(chunk)
    for (let line = lines.next(); line !== null; line = lines.next()) note(line)
  }
  const last = lines.last()
  if (last !== null) note(last)
  return found
}

/** Cuts text into chunks at the given places. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text)
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length]
  ends.sort((a, b) => a - b)
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

test('cuts at line feeds, however the stream is cut into chunks', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '😈'), maxLength: 30 })
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(500)), fc.boolean(), (texts, places, crlf) => {
      const found = linesOf(cut(texts.join(crlf ? '\r\n' : '\n'), places))
      const expected = texts
        .map((text, i) => [String(i + 1), text])
        .filter(([, text]) => text!.trim() !== '')
      expect(found).toEqual(expected)
    }),
  )
})

test('a line longer than allowed is passed over, exactly when it is longer', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40)), fc.array(fc.nat(500)), (lengths, places) => {
      const text = lengths.map((length) => 'x'.repeat(length)).join('\r\n')
      const expected = lengths
        .map((length, i) => [String(i + 1), length > 20 ? overlong : 'x'.repeat(length)])
        .filter(([, line]) => line !== '')
      expect(linesOf(cut(text, places), 20)).toEqual(expected)
    }),
  )
})

test('passes over a byte-order mark at the start only', () => {
  const mark = '\ufeff'
  expect(linesOf([Buffer.from(`${mark}a\n${mark}b`)])).toEqual([
    ['1', 'a'],
    ['2', `${mark}b`],
  ])
  expect(linesOf(cut(`${mark}a`, [1, 2]))).toEqual([['1', 'a']])
})

test('a stream that ends in an overlong line says so', () => {
  expect(linesOf([Buffer.alloc(500, 'x')], 20)).toEqual([['1', overlong]])
})
