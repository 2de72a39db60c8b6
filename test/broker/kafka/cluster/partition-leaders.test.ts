import { describe, expect, it } from 'vitest'
import { FatalBrokerError, RetriableError, UnknownTopicError } from '../../../../broker/errors.ts'
import { PartitionLeaders } from '../../../../broker/kafka/cluster/partition-leaders.ts'
import { errorCodes } from '../../../../broker/kafka/error-codes.ts'
import type { TopicMetadata } from '../../../../broker/kafka/wire/metadata.ts'

function topic(name: string, leaders: readonly number[], code = 0): TopicMetadata {
  return {
    name,
    code,
    topicId: Buffer.alloc(16),
    isInternal: false,
    partitions: leaders.map((leader, partition) => ({ code: 0, partition, leader })),
  }
}

/** Answers from a table that the test changes; questions wait until they are let go. */
function cluster(table: Record<string, TopicMetadata>): {
  leaders: PartitionLeaders
  questions: string[][]
} {
  const questions: string[][] = []
  const leaders = new PartitionLeaders(async (names) => {
    questions.push([...names])
    const answer = names.map(
      (name) => table[name] ?? topic(name, [], errorCodes.UNKNOWN_TOPIC_OR_PARTITION),
    )
    await new Promise((resolve) => setImmediate(resolve))
    return answer
  })
  return { leaders, questions }
}

const at = (name: string, partition: number): { topic: string; partition: number } => ({
  topic: name,
  partition,
})

describe('partition leaders', () => {
  it('come in the order asked, and from memory the second time', async () => {
    const { leaders, questions } = cluster({ a: topic('a', [1, 2]), b: topic('b', [3]) })
    const asked = [at('b', 0), at('a', 1), at('a', 0)]
    expect(await leaders.of(asked)).toEqual([3, 2, 1])
    expect(await leaders.of(asked)).toEqual([3, 2, 1])
    expect(questions).toEqual([['b', 'a']])
  })

  it('are asked for once by all who want them at the same time', async () => {
    const { leaders, questions } = cluster({ a: topic('a', [1]), b: topic('b', [2]) })
    const answers = [
      leaders.of([at('a', 0)]),
      leaders.of([at('a', 0), at('b', 0)]),
      leaders.of([at('b', 0)]),
    ]
    expect(await Promise.all(answers)).toEqual([[1], [1, 2], [2]])
    expect(questions).toEqual([['a'], ['b']])
  })

  it('are asked for anew once forgotten, even while an older answer is on its way', async () => {
    const table = { a: topic('a', [1]) }
    const { leaders } = cluster(table)
    const older = leaders.of([at('a', 0)])
    leaders.forget(['a'])
    table.a = topic('a', [2])
    expect(await leaders.of([at('a', 0)])).toEqual([2])
    await older
  })

  it('of a broker that was lost are forgotten, those of others are kept', async () => {
    const { leaders, questions } = cluster({ a: topic('a', [1]), b: topic('b', [2]) })
    await leaders.of([at('a', 0), at('b', 0)])
    leaders.forgetBroker(1)
    await leaders.of([at('a', 0), at('b', 0)])
    expect(questions).toEqual([['a', 'b'], ['a']])
  })

  it('are looked up again for a partition added since', async () => {
    const table = { a: topic('a', [1]) }
    const { leaders } = cluster(table)
    await leaders.of([at('a', 0)])
    table.a = topic('a', [1, 2])
    expect(await leaders.of([at('a', 1)])).toEqual([2])
  })

  it('of what does not exist are an unknown topic, which is no matter of others', async () => {
    const { leaders } = cluster({ a: topic('a', [1]) })
    await expect(leaders.of([at('a', 1)])).rejects.toThrow(UnknownTopicError)
    await expect(leaders.of([at('absent', 0)])).rejects.toThrow(UnknownTopicError)
    const both = leaders.of([at('a', 0), at('gone', 0)])
    const one = leaders.of([at('a', 0)])
    await expect(both).rejects.toThrow(UnknownTopicError)
    expect(await one).toEqual([1])
  })

  it('during an election are a matter of time', async () => {
    const { leaders } = cluster({
      a: topic('a', [-1]),
      b: topic('b', [], errorCodes.LEADER_NOT_AVAILABLE),
    })
    await expect(leaders.of([at('a', 0)])).rejects.toThrow(RetriableError)
    await expect(leaders.of([at('b', 0)])).rejects.toThrow(RetriableError)
  })

  it('without permission name the operation that is missing', async () => {
    const { leaders } = cluster({ a: topic('a', [], errorCodes.TOPIC_AUTHORIZATION_FAILED) })
    await expect(leaders.of([at('a', 0)])).rejects.toThrow(FatalBrokerError)
    await expect(leaders.of([at('a', 0)])).rejects.toThrow(/topic a.*Describe/)
  })
})
