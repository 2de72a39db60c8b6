import { FatalBrokerError, RetriableError, UnknownTopicError } from '../../errors.ts'
import type { TopicPartition } from '../../port.ts'
import { describeCode, errorCodes } from '../error-codes.ts'
import type { TopicMetadata } from '../wire/metadata.ts'

/** Leaders by partition number; −1 or a hole: none known. */
type Leaders = readonly number[]

/**
 * Who leads each partition, as far as it was asked.
 *
 * P1. One question a topic is under way at a time; who asks meanwhile shares its answer, except
 *     after `forget`: an answer on its way may be the old one.
 */
export class PartitionLeaders {
  readonly #ask: (topics: readonly string[]) => Promise<readonly TopicMetadata[]>
  readonly #known = new Map<string, Leaders>()
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(ask: (topics: readonly string[]) => Promise<readonly TopicMetadata[]>) {
    this.#ask = ask
  }

  /** @throws {UnknownTopicError} a topic or partition does not exist */
  async of(partitions: readonly TopicPartition[]): Promise<readonly number[]> {
    const unknown = new Set<string>()
    for (const at of partitions) if (this.#leader(at) < 0) unknown.add(at.topic)
    if (unknown.size > 0) await this.#learn([...unknown])
    return partitions.map((at) => {
      const leader = this.#leader(at)
      if (leader >= 0) return leader
      const leaders = this.#known.get(at.topic)
      if (leaders !== undefined && at.partition >= leaders.length) {
        throw new UnknownTopicError(
          `topic ${at.topic} has ${leaders.length} partitions, no partition ${at.partition}`,
        )
      }
      throw new RetriableError(`${at.topic}-${at.partition} has no leader at the moment`)
    })
  }

  forget(topics: readonly string[]): void {
    for (const topic of topics) {
      this.#known.delete(topic)
      this.#underWay.delete(topic)
    }
  }

  /** A broker was lost: what it led may be led by another. */
  forgetBroker(nodeId: number): void {
    this.forget([...this.#known.keys()].filter((topic) => this.#known.get(topic)!.includes(nodeId)))
  }

  #leader({ topic, partition }: TopicPartition): number {
    return this.#known.get(topic)?.[partition] ?? -1
  }

  async #learn(topics: readonly string[]): Promise<void> {
    const unasked = topics.filter((topic) => !this.#underWay.has(topic))
    if (unasked.length > 0) {
      const answer = this.#ask(unasked)
      for (const topic of unasked) this.#share(topic, answer)
    }
    // Every topic asked is under way here, by this question or an earlier one.
    await Promise.all(topics.map((topic) => this.#underWay.get(topic)!))
  }

  #share(topic: string, answer: Promise<readonly TopicMetadata[]>): void {
    const learned = answer
      .then((described) => {
        const one = described.find(({ name }) => name === topic)
        if (one !== undefined) this.#take(one)
      })
      .finally(() => {
        if (this.#underWay.get(topic) === learned) this.#underWay.delete(topic)
      })
    this.#underWay.set(topic, learned)
  }

  #take({ name, code, partitions }: TopicMetadata): void {
    if (code !== errorCodes.NONE) throw topicError(name, code)
    const leaders: number[] = new Array<number>(partitions.length).fill(-1)
    for (const { partition, leader } of partitions) leaders[partition] = leader
    this.#known.set(name, leaders)
  }
}

/** What a broker says of a topic instead of describing it. */
export function topicError(name: string, code: number): Error {
  switch (code) {
    case errorCodes.UNKNOWN_TOPIC_OR_PARTITION:
      return new UnknownTopicError(`topic ${name} does not exist`)
    case errorCodes.INVALID_TOPIC:
      return new UnknownTopicError(`${JSON.stringify(name)} is no topic name: it does not exist`)
    case errorCodes.TOPIC_AUTHORIZATION_FAILED:
      return new FatalBrokerError(
        `topic ${name}: not allowed: give this client's user the ACL operation Describe on it`,
      )
    default:
      return new RetriableError(`topic ${name}: ${describeCode(code)}`)
  }
}
