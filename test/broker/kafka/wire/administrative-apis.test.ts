import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RetriableError } from '../../../../broker/errors.ts'
import type { Api } from '../../../../broker/kafka/wire/api.ts'
import { apiVersions } from '../../../../broker/kafka/wire/api-versions.ts'
import { createTopics } from '../../../../broker/kafka/wire/create-topics.ts'
import { deleteRecords } from '../../../../broker/kafka/wire/delete-records.ts'
import { deleteTopics } from '../../../../broker/kafka/wire/delete-topics.ts'
import { describeConfigs } from '../../../../broker/kafka/wire/describe-configs.ts'
import { findCoordinator } from '../../../../broker/kafka/wire/find-coordinator.ts'
import { listOffsets } from '../../../../broker/kafka/wire/list-offsets.ts'
import { metadata } from '../../../../broker/kafka/wire/metadata.ts'
import { WireReader } from '../../../../broker/kafka/wire/wire-reader.ts'
import { WireWriter } from '../../../../broker/kafka/wire/wire-writer.ts'
import * as recorded from './recorded-bodies.ts'

function encoded<Request>(api: Api<Request, unknown>, request: Request): string {
  const writer = new WireWriter()
  api.encode(request, writer)
  return Buffer.concat(writer.parts()).toString('hex')
}

function decoded<Response>(api: Api<never, Response>, answer: string): Response {
  return api.decode(new WireReader(Buffer.from(answer, 'hex')))
}

describe('requests are written as a broker has taken them', () => {
  it.each([
    [encoded(apiVersions, null), recorded.apiVersions],
    [encoded(metadata, { topics: ['rec-a', 'rec-x'] }), recorded.metadata],
    [encoded(findCoordinator, { kind: 'transaction', key: 't-1' }), recorded.findCoordinator],
    [
      encoded(createTopics, {
        topics: [
          { name: 'rec-a', partitions: 2, config: [['cleanup.policy', 'compact']] },
          { name: 'a b', partitions: 1, config: [] },
        ],
        timeoutMs: 5000,
        isTrial: false,
      }),
      recorded.createTopics,
    ],
    [
      encoded(describeConfigs, {
        topics: ['rec-a', 'rec-x'],
        settings: ['cleanup.policy', 'retention.ms'],
      }),
      recorded.describeConfigs,
    ],
    [
      encoded(listOffsets, {
        isolation: 'read_committed',
        partitions: [
          { topic: 'rec-a', partition: 1 },
          { topic: 'rec-a', partition: 0 },
          { topic: 'rec-x', partition: 0 },
        ],
        timestampMs: -1,
      }),
      recorded.listOffsets,
    ],
    [
      encoded(deleteRecords, {
        before: [
          { topic: 'rec-a', partition: 1, offset: 0 },
          { topic: 'rec-x', partition: 0, offset: 3 },
        ],
        timeoutMs: 5000,
      }),
      recorded.deleteRecords,
    ],
    [encoded(deleteTopics, { names: ['rec-a', 'rec-x'], timeoutMs: 5000 }), recorded.deleteTopics],
  ])('%s', (bytes, recording) => {
    expect(bytes).toBe(recording.request)
  })
})

describe('answers are read as a broker has given them', () => {
  it('of versions and features', () => {
    const { ranges, features } = decoded(apiVersions, recorded.apiVersions.answer)
    expect(ranges.get(0)).toEqual({ min: 0, max: 13 })
    expect(ranges.get(1)).toEqual({ min: 4, max: 18 })
    expect(features.get('transaction.version')).toBe(2)
  })

  it('of metadata', () => {
    const { brokers, controllerId, topics } = decoded(metadata, recorded.metadata.answer)
    expect(brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port: 19092 }])
    expect(controllerId).toBe(1)
    expect(topics[0]).toMatchObject({
      name: 'rec-a',
      code: 0,
      isInternal: false,
      partitions: [
        { code: 0, partition: 0, leader: 1 },
        { code: 0, partition: 1, leader: 1 },
      ],
    })
    expect(topics[0]!.topicId).toHaveLength(16)
    expect(topics[1]).toMatchObject({ name: 'rec-x', code: 3, partitions: [] })
  })

  it('of a coordinator', () => {
    expect(decoded(findCoordinator, recorded.findCoordinator.answer)).toEqual({
      code: 0,
      nodeId: 1,
      host: '127.0.0.1',
      port: 19092,
    })
  })

  it('of created and deleted topics', () => {
    const created = decoded(createTopics, recorded.createTopics.answer)
    expect(created.map(({ name, code }) => [name, code])).toEqual([
      ['rec-a', 0],
      ['a b', 17],
    ])
    expect(created[1]!.message).toMatch(/Topic name is invalid/)
    const deleted = decoded(deleteTopics, recorded.deleteTopics.answer)
    expect(deleted.map(({ name, code }) => [name, code])).toEqual([
      ['rec-x', 3],
      ['rec-a', 0],
    ])
  })

  it('of settings', () => {
    const [known, unknown] = decoded(describeConfigs, recorded.describeConfigs.answer)
    expect(known).toMatchObject({ name: 'rec-a', code: 0 })
    expect([...known!.values]).toEqual([
      ['cleanup.policy', 'compact'],
      ['retention.ms', '604800000'],
    ])
    expect(unknown).toMatchObject({ name: 'rec-x', code: 3 })
  })

  it('of offsets, each by its topic and partition and in no certain order', () => {
    expect(decoded(listOffsets, recorded.listOffsets.answer)).toEqual([
      { topic: 'rec-x', partition: 0, code: 3, offset: -1 },
      { topic: 'rec-a', partition: 0, code: 0, offset: 0 },
      { topic: 'rec-a', partition: 1, code: 0, offset: 0 },
    ])
    expect(decoded(deleteRecords, recorded.deleteRecords.answer)).toEqual([
      { topic: 'rec-x', partition: 0, code: 3 },
      { topic: 'rec-a', partition: 1, code: 44 },
    ])
  })
})

const answers: [Api<never, unknown>, string][] = [
  [metadata, recorded.metadata.answer],
  [findCoordinator, recorded.findCoordinator.answer],
  [createTopics, recorded.createTopics.answer],
  [describeConfigs, recorded.describeConfigs.answer],
  [listOffsets, recorded.listOffsets.answer],
  [deleteRecords, recorded.deleteRecords.answer],
  [deleteTopics, recorded.deleteTopics.answer],
]

describe.each(answers)('an answer to $name', (api, recording) => {
  const whole = Buffer.from(recording, 'hex')

  it('that is cut short is never read as a shorter one', () => {
    // The last byte is the empty set of tags, which nobody needs to read.
    for (let length = 0; length < whole.length - 1; length++) {
      expect(() => api.decode(new WireReader(whole.subarray(0, length)))).toThrow(RetriableError)
    }
  })

  it('that is damaged fails as one, or is read, but never otherwise', () => {
    const position = fc.integer({ min: 0, max: whole.length - 1 })
    fc.assert(
      fc.property(fc.array(fc.tuple(position, fc.nat(255)), { minLength: 1 }), (changes) => {
        const damaged = Buffer.from(whole)
        for (const [at, byte] of changes) damaged[at] = byte
        try {
          api.decode(new WireReader(damaged))
        } catch (error) {
          expect(error).toBeInstanceOf(RetriableError)
        }
      }),
    )
  })
})
