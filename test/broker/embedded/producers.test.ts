import { describe, expect, it } from 'vitest'
import { advanceSequence, ProducerSequences } from '../../../broker/embedded/producer-sequences.ts'
import { TransactionalId } from '../../../broker/embedded/transactional-id.ts'
import { FatalBrokerError, FencedError } from '../../../broker/errors.ts'

describe('producer sequences', () => {
  it('take batches that follow each other, per producer', () => {
    const sequences = new ProducerSequences()
    sequences.advance(1n, 0, 0, 5)
    sequences.advance(2n, 0, 0, 1)
    sequences.advance(1n, 0, 5, 2)
    sequences.advance(1n, 0, 7, 1)
  })

  it('refuse a gap, a repetition and an older epoch', () => {
    const sequences = new ProducerSequences()
    sequences.advance(1n, 3, 0, 5)
    expect(() => {
      sequences.advance(1n, 3, 6, 1)
    }).toThrow(FatalBrokerError)
    expect(() => {
      sequences.advance(1n, 3, 0, 5)
    }).toThrow(FatalBrokerError)
    expect(() => {
      sequences.advance(1n, 2, 5, 1)
    }).toThrow(FencedError)
  })

  it('start anew with a newer epoch, and when the producer was forgotten', () => {
    const sequences = new ProducerSequences()
    sequences.advance(1n, 0, 0, 5)
    sequences.advance(1n, 1, 0, 5)
    sequences.forget(1n)
    sequences.advance(1n, 0, 0, 5)
  })

  it('wrap to 0 after 2^31 − 1', () => {
    expect(advanceSequence(2 ** 31 - 2, 1)).toBe(2 ** 31 - 1)
    expect(advanceSequence(2 ** 31 - 1, 1)).toBe(0)
    expect(advanceSequence(2 ** 31 - 3, 5)).toBe(2)
  })
})

describe('transactional id', () => {
  it('takes a new producer id when its epochs are used up', () => {
    const id = new TransactionalId('id', 7n, 32_766, 1000)
    id.fence(() => 8n)
    expect([id.producerId, id.producerEpoch]).toEqual([7n, 32_767])
    id.fence(() => 8n)
    expect([id.producerId, id.producerEpoch]).toEqual([8n, 0])
  })
})
