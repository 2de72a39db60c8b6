import { describe, expect, it } from 'vitest'
import { addOffsetsToTxn } from '../../../../broker/kafka/wire/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../../../broker/kafka/wire/add-partitions-to-txn.ts'
import type { Api } from '../../../../broker/kafka/wire/api.ts'
import { endTxnV3, endTxnV5 } from '../../../../broker/kafka/wire/end-txn.ts'
import { initProducerId } from '../../../../broker/kafka/wire/init-producer-id.ts'
import { produceV12, produceV9 } from '../../../../broker/kafka/wire/produce.ts'
import {
  txnOffsetCommitV3,
  txnOffsetCommitV5,
} from '../../../../broker/kafka/wire/txn-offset-commit.ts'
import { WireReader } from '../../../../broker/kafka/wire/wire-reader.ts'
import { WireWriter } from '../../../../broker/kafka/wire/wire-writer.ts'

// Bodies as they passed between this client and Apache Kafka 4.3.1, at transaction.version 0 (EndTxn
// v5 at 2); answers with errors in them are composed after recorded ones.
const topic = 'rec-c1820'
const transactionalId = 'rec-tx1820'
const holder = { transactionalId, producerId: 3000n, producerEpoch: 2 }
const batch = [
  '000000000000000000000039ffffffff02f60c31e60010000000000000018bcfe568000000018bcfe568000000',
  '000000000bb8000100000000000000010e00000001027600',
].join('')

function encoded<Request>(api: Api<Request, unknown>, request: Request): string {
  const writer = new WireWriter()
  api.encode(request, writer)
  return Buffer.concat(writer.parts()).toString('hex')
}

function decoded<Response>(api: Api<never, Response>, answer: string): Response {
  const reader = new WireReader(Buffer.from(answer, 'hex'))
  return api.decode(reader)
}

describe('transactional requests are written as a broker has taken them', () => {
  it('InitProducerId', () => {
    const request = {
      transactionalId,
      transactionTimeoutMs: 60_000,
      producerId: -1n,
      producerEpoch: -1,
    }
    expect(encoded(initProducerId, request)).toBe(
      '0b7265632d7478313832300000ea60ffffffffffffffffffff00',
    )
  })

  it('AddPartitionsToTxn', () => {
    const partitions = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]
    expect(encoded(addPartitionsToTxn, { ...holder, producerEpoch: 0, partitions })).toBe(
      '0b7265632d7478313832300000000000000bb80000020a7265632d63313832300300000000000000010000',
    )
  })

  it.each([produceV9, produceV12])('Produce, version $version', (api) => {
    const batches = [{ topic: `${topic}2`, partition: 0, bytes: Buffer.from(batch, 'hex') }]
    expect(encoded(api, { transactionalId, timeoutMs: 10_000, batches })).toBe(
      `0b7265632d747831383230ffff00002710020b7265632d633138323032020000000046${batch}000000`,
    )
  })

  it('AddOffsetsToTxn', () => {
    expect(encoded(addOffsetsToTxn, { ...holder, groupId: 'rec-g' })).toBe(
      '0b7265632d7478313832300000000000000bb80002067265632d6700',
    )
  })

  it.each([txnOffsetCommitV3, txnOffsetCommitV5])('TxnOffsetCommit, version $version', (api) => {
    const group = { groupId: 'rec-g', generationId: -1, memberId: '' }
    const offsets = [
      { topic, partition: 0, offset: 5, metadata: 'm' },
      { topic, partition: 1, offset: 6, metadata: '' },
    ]
    expect(encoded(api, { ...holder, group, offsets })).toBe(
      '0b7265632d747831383230067265632d670000000000000bb80002ffffffff0100020a7265632d6331383230' +
        '03000000000000000000000005ffffffff026d00000000010000000000000006ffffffff01000000',
    )
  })

  it.each([endTxnV3, endTxnV5])('EndTxn, version $version', (api) => {
    expect(encoded(api, { ...holder, isCommit: true })).toBe(
      '0b7265632d7478313832300000000000000bb800020100',
    )
  })

  it('hands batches to the socket uncopied', () => {
    const bytes = Buffer.from(batch, 'hex')
    const writer = new WireWriter()
    const batches = [{ topic, partition: 0, bytes }]
    produceV12.encode({ transactionalId, timeoutMs: 1, batches }, writer)
    expect(writer.parts().some((part) => part === bytes)).toBe(true)
  })
})

describe('transactional answers are read as a broker has given them', () => {
  it('InitProducerId', () => {
    expect(decoded(initProducerId, '0000000000000000000000000bb8000200')).toEqual({
      errorCode: 0,
      producerId: 3000n,
      producerEpoch: 2,
    })
  })

  it('AddPartitionsToTxn', () => {
    const answer = '00000000020a7265632d63313832300300000000000000000000010000000000'
    expect(decoded(addPartitionsToTxn, answer)).toEqual([
      { topic, partition: 0, errorCode: 0 },
      { topic, partition: 1, errorCode: 0 },
    ])
  })

  it('Produce, not in the order of the request', () => {
    const answer =
      '020a7265632d63313832300300000001000affffffffffffffffffffffffffffffffffffffffffffffff0100' +
      '000000000000000000000000000000ffffffffffffffff0000000000000000010000000000000000'
    const [refused, taken] = decoded(produceV9, answer)
    expect(refused).toMatchObject({ topic, partition: 1, errorCode: 10, errorMessage: null })
    expect(taken).toEqual({
      topic,
      partition: 0,
      errorCode: 0,
      baseOffset: 0,
      logAppendTimeMs: -1,
      errorMessage: null,
    })
  })

  it('Produce, with what the broker says about the record', () => {
    const message = Buffer.from('Compacted topic cannot accept message')
    const ofRecord = `00000000${(message.length + 1).toString(16)}${message.toString('hex')}00`
    const ofBatch = `05${Buffer.from('both').toString('hex')}`
    const answer = `020a7265632d633138323002000000000057${'ff'.repeat(16)}${'00'.repeat(8)}02${ofRecord}${ofBatch}000000000000`
    expect(decoded(produceV12, answer)).toMatchObject([
      { errorCode: 87, errorMessage: 'Compacted topic cannot accept message' },
    ])
  })

  it('AddOffsetsToTxn and EndTxn', () => {
    expect(decoded(addOffsetsToTxn, '00000000000000')).toEqual({ errorCode: 0 })
    expect(decoded(endTxnV3, '00000000000000')).toEqual({ errorCode: 0 })
    expect(decoded(endTxnV5, '00000000000000000000000000d9000300')).toEqual({
      errorCode: 0,
      producerId: 217n,
      producerEpoch: 3,
    })
  })

  it('TxnOffsetCommit', () => {
    const answer = '00000000020a7265632d63313832300300000000000000000000010016000000'
    expect(decoded(txnOffsetCommitV5, answer)).toEqual([
      { topic, partition: 0, errorCode: 0 },
      { topic, partition: 1, errorCode: 22 },
    ])
  })
})
