import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ApiError } from '../../api/errors.ts'
import { GzipInflater } from '../../api/ingest/gzip-inflater.ts'

const limits = { gzipRatioMax: 250, gzipFreeBytes: 1024 * 1024 }

interface Inflated {
  readonly text: string
  readonly code: string | null
}

/** Inflates chunk by chunk: what came out, and how it ended. */
async function inflate(chunks: readonly Buffer[], bounds = limits): Promise<Inflated> {
  const inflater = new GzipInflater(bounds)
  const out: Buffer[] = []
  try {
    for (const chunk of chunks) {
      for await (const piece of inflater.inflate(chunk)) out.push(Buffer.from(piece))
    }
    for await (const piece of inflater.finish()) out.push(Buffer.from(piece))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { text: Buffer.concat(out).toString('latin1'), code: error.code }
  } finally {
    inflater.destroy()
  }
  return { text: Buffer.concat(out).toString('latin1'), code: null }
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length]
  ends.sort((a, b) => a - b)
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end)).filter(({ length }) => length)
}

const members = fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 3 })
const places = fc.array(fc.nat(20_000), { maxLength: 10 })

test('gives back what was compressed, in any members and chunks', async () => {
  await fc.assert(
    fc.asyncProperty(members, places, async (parts, at) => {
      const gzip = Buffer.concat(parts.map((part) => gzipSync(part)))
      const text = Buffer.concat(parts).toString('latin1')
      expect(await inflate(cut(gzip, at))).toEqual({ text, code: null })
    }),
    { numRuns: 60 },
  )
})

test('cut anywhere, it hands out a prefix and says so', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 5000 }),
      fc.nat(),
      places,
      async (part, end, at) => {
        const gzip = gzipSync(part)
        const kept = gzip.subarray(0, 1 + (end % (gzip.length - 1)))
        const { text, code } = await inflate(cut(kept, at))
        expect(code).toBe('TRUNCATED_BODY')
        expect(Buffer.from(part).toString('latin1').startsWith(text)).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
})

test('all that was inflated before a cut is handed out', async () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `${i * 7919} `).join('')
  const { text: found, code } = await inflate([gzipSync(text).subarray(0, -8)])
  expect([found.length, code]).toEqual([text.length, 'TRUNCATED_BODY'])
})

test('damage is told from a cut', async () => {
  const gzip = gzipSync(Buffer.from('x'.repeat(1000)))
  const flipped = Buffer.from(gzip)
  flipped[gzip.length - 6]! ^= 0xff
  expect((await inflate([flipped])).code).toBe('INVALID_GZIP')
  expect((await inflate([Buffer.from('{"no":"gzip"}')])).code).toBe('INVALID_GZIP')
})

test('an empty body is no error', async () => {
  expect(await inflate([])).toEqual({ text: '', code: null })
})

test('a bomb ends near its allowance, whatever the size of its chunks', async () => {
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024))
  for (const chunks of [[bomb], cut(bomb, [1000, 50_000, 100_000, 200_000])]) {
    const { text, code } = await inflate(chunks)
    expect(code).toBe('COMPRESSION_RATIO')
    expect(text.length).toBeLessThan(bomb.length * limits.gzipRatioMax + 1024 * 1024)
  }
})

test('a bomb of bombs ends as well', async () => {
  const one = gzipSync(Buffer.alloc(900_000))
  const { code } = await inflate(Array.from({ length: 100 }, () => one))
  expect(code).toBe('COMPRESSION_RATIO')
})
