import { expect } from 'vitest'
import { partitionForText } from '../../bytes/murmur2.ts'
import type { Answer, InputPosition, StoreRow } from '../../state/query-port.ts'
import type { LogRecord } from './log-contents.ts'

/** What was asked, what the world was like then, and the answer. */
export interface Asked {
  readonly question: Question
  readonly positionMin: readonly InputPosition[]
  /** Ends of `in` by partition when it was asked and when it was answered. */
  readonly endsAsked: readonly number[]
  readonly endsAnswered: readonly number[]
  /** Committed offsets of `in` by partition, a second before it was asked. */
  readonly committed: readonly number[]
}

export type Question =
  | {
      readonly store: 'counts' | 'lengths'
      readonly key: string
      readonly answer: Answer<number | undefined>
    }
  | {
      readonly store: 'counts'
      readonly after: string
      readonly limit: number
      readonly answer: Answer<readonly StoreRow<number>[]>
    }

/** Compares answers with a fold of the log up to the positions that they state. */
export class QueryJudge {
  readonly #inputs: readonly (readonly LogRecord[])[]

  /** @param inputs all that `in` holds, by partition */
  constructor(inputs: readonly (readonly LogRecord[])[]) {
    this.#inputs = inputs
  }

  judge(asked: Asked): void {
    const { question } = asked
    if ('limit' in question) this.#judgeScan(asked, question)
    else if (question.store === 'counts') this.#judgeCount(asked, question.key, question.answer)
    else this.#judgeLength(asked, question.key, question.answer)
  }

  #judgeCount(asked: Asked, key: string, answer: Answer<number | undefined>): void {
    const partition = partitionForText(key, this.#inputs.length)
    this.#judgePosition(asked, answer, partition)
    this.#judgeValue(asked, partition, key, answer.value ?? 0, offsetIn(answer, partition))
  }

  #judgeValue(asked: Asked, partition: number, key: string, value: number, offset: number): void {
    const floor = asked.positionMin.find((at) => at.partition === partition)?.offset ?? 0
    expect(value).toBeGreaterThanOrEqual(this.#count(partition, key, Math.max(offset, floor)))
    expect(value).toBeLessThanOrEqual(this.#count(partition, key, asked.endsAnswered[partition]!))
  }

  /** The letter's task reads a repartition topic; what must be in it is told by `positionMin`. */
  #judgeLength(asked: Asked, letter: string, answer: Answer<number | undefined>): void {
    const matching = (ends: (partition: number) => number) =>
      this.#inputs
        .flatMap((records, partition) => records.filter(({ offset }) => offset < ends(partition)))
        .filter(({ value }) => value!.toString() !== 'poison' && value!.toString()[0] === letter)
        .length
    const wanted = (partition: number) =>
      asked.positionMin.find((at) => at.partition === partition)?.offset ?? 0
    expect(answer.value ?? 0).toBeGreaterThanOrEqual(matching(wanted))
    expect(answer.value ?? 0).toBeLessThanOrEqual(matching((p) => asked.endsAnswered[p]!))
  }

  #judgeScan(asked: Asked, question: Extract<Question, { limit: number }>): void {
    const { after, answer, limit } = question
    const keys = answer.value.map(([key]) => key)
    expect(keys).toEqual([...new Set(keys)].sort())
    expect(keys.length).toBeLessThanOrEqual(limit)
    const present = answer.positions.map(({ taskId }) => Number(taskId.split('_')[1]))
    const missing = answer.missing.map(({ partition }) => partition)
    expect([...present, ...missing].sort()).toEqual([...this.#inputs.keys()])
    const reach = keys.length === limit ? keys.at(-1)! : '\uffff'
    for (const partition of present) {
      this.#judgePosition(asked, answer, partition)
      const offset = offsetIn(answer, partition)
      for (const key of this.#keys(partition)) {
        if (key <= after || key > reach) continue
        const value = answer.value.find(([found]) => found === key)?.[1] ?? 0
        this.#judgeValue(asked, partition, key, value, offset)
      }
    }
  }

  /** What is not labelled stale is at least what the group had committed a second before. */
  #judgePosition(asked: Asked, answer: Answer<unknown>, partition: number): void {
    const position = answer.positions.find(({ taskId }) => taskId === `0_${partition}`)!
    const offset = offsetIn(answer, partition)
    expect(position.stale).toBe(position.role === 'standby')
    expect(offset + position.lag).toBeGreaterThanOrEqual(asked.endsAsked[partition]!)
    expect(offset).toBeLessThanOrEqual(asked.endsAnswered[partition]!)
    if (!position.stale) expect(offset).toBeGreaterThanOrEqual(asked.committed[partition]!)
  }

  #keys(partition: number): Set<string> {
    return new Set(this.#inputs[partition]!.map(({ key }) => key!))
  }

  #count(partition: number, key: string, end: number): number {
    return this.#inputs[partition]!.filter(
      (record) =>
        record.offset < end && record.key === key && record.value!.toString() !== 'poison',
    ).length
  }
}

function offsetIn({ positions }: Answer<unknown>, partition: number): number {
  return positions
    .flatMap(({ inputs }) => inputs)
    .find((input) => input.topic === 'in' && input.partition === partition)!.offset
}
