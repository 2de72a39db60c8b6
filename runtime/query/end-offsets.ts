import type { Broker, TopicPartition } from '../../broker/port.ts'
import { keyOf } from './floors.ts'

type Ends = ReadonlyMap<string, number>

/**
 * The ends of input partitions, for the lag of answers.
 *
 * E1. Every end was looked up after it was asked for: who has just appended something sees that
 *     it is still to come.
 * E2. One request to the broker at a time: whoever asks meanwhile shares the next one, so a
 *     thousand queries a second do not become a thousand requests.
 */
export class EndOffsets {
  readonly #broker: Broker
  #wanted = new Map<string, TopicPartition>()
  #underWay: Promise<unknown> = Promise.resolve()
  #next: Promise<Ends> | null = null

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /**
   * The last stable offsets, in the order of `partitions`.
   * @throws {BrokerError}
   */
  async of(partitions: readonly TopicPartition[]): Promise<number[]> {
    for (const { topic, partition } of partitions) {
      this.#wanted.set(keyOf({ topic, partition }), { topic, partition })
    }
    this.#next ??= this.#after(this.#underWay)
    const ends = await this.#next
    return partitions.map((each) => ends.get(keyOf(each))!)
  }

  async #after(former: Promise<unknown>): Promise<Ends> {
    await former
    const wanted = [...this.#wanted.values()]
    this.#wanted = new Map()
    this.#next = null
    const lookup = this.#broker.listOffsets(wanted, 'latest', 'read_committed')
    this.#underWay = lookup.catch(() => undefined)
    return new Map((await lookup).map((end) => [keyOf(end), end.offset]))
  }
}
