import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeCommitMetadata,
  encodeCommitMetadata,
  lastCommitNumber,
  newestStreamTime,
} from '../../runtime/commit-metadata.ts'
import { TopicIdentities } from '../../runtime/topic-identities.ts'

const HASH = '0123456789abcdef'
const topics = fc.uniqueArray(fc.record({ name: fc.string(), topicId: fc.string() }), {
  selector: ({ name }) => name,
  maxLength: 20,
})

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1, max: 2 ** 50 }),
      topics,
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      (streamTimeMs, of, number) => {
        const { text } = new TopicIdentities(of)
        const written = { streamTimeMs, hash: HASH, topics: text, number }
        const metadata = encodeCommitMetadata(written)
        expect(decodeCommitMetadata(metadata)).toEqual(written)
        expect(metadata.length).toBeLessThan(4096)
      },
    ),
  )
})

test('takes what earlier versions wrote, and nothing that a tool wrote', () => {
  const unknown = { streamTimeMs: -1, hash: null, topics: '', number: 0 }
  expect(decodeCommitMetadata('1:77')).toEqual({ ...unknown, streamTimeMs: 77 })
  expect(decodeCommitMetadata(`2:77:${HASH}`)).toEqual({
    ...unknown,
    streamTimeMs: 77,
    hash: HASH,
  })
  for (const text of ['', 'by hand', '3', '3:', '3:1:short', `3:1:${HASH}:UPPER`, '9:1']) {
    expect(decodeCommitMetadata(text)).toMatchObject({ hash: null, topics: '' })
  }
  expect(newestStreamTime(['', '1:5', `2:9:${HASH}`, `3:7:${HASH}:`])).toBe(9)
  expect(lastCommitNumber(['', `3:7:${HASH}:`])).toBe(0)
  expect(lastCommitNumber([`4:7:${HASH}::3`, `4:7:${HASH}::4`])).toBe(4)
})

test('names exactly the topics that have another id than when it was written', () => {
  fc.assert(
    fc.property(topics, fc.array(fc.boolean()), (of, isReplaced) => {
      const { text } = new TopicIdentities(of)
      const now = of.map(({ name, topicId }, i) => {
        return { name, topicId: isReplaced[i] === true ? `${topicId}, again` : topicId }
      })
      const replaced = of.filter((_, i) => isReplaced[i] === true).map(({ name }) => name)
      expect(new TopicIdentities(now).replacedSince(text)).toEqual(replaced)
      for (const { name } of of) expect(TopicIdentities.knew(text, name)).toBe(true)
      expect(new TopicIdentities(now).replacedSince('')).toEqual([])
    }),
  )
})
