import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AbortableError,
  FencedError,
  RetriableError,
  UnknownOutcomeError,
} from '../../broker/errors.ts'
import type { Group, PartitionRecords, Transaction } from '../../broker/port.ts'
import type { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import { eventually, uniqueName, valuesBatch } from '../support/broker-records.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import { startKafkaCluster, type RunningCluster } from '../support/kafka/start-kafka-cluster.ts'
import { readCommitted } from '../support/kafka/topic-reader.ts'
import { MemberProbe } from '../support/member-probe.ts'

const partitions = [0, 1, 2, 3, 4, 5]

/** What one send carries: the number of the round, to every partition. */
function round(topic: string, number: number): PartitionRecords[] {
  return partitions.map((partition) => ({ topic, partition, records: valuesBatch(`${number}`) }))
}

/**
 * K1 to K5 on brokers that really die: `kill -9` while records are on their way, judged by Kafka's
 * own consumer. Every partition must hold every round once, in order.
 */
for (const transactionVersion of [2, 0] as const) {
  await describeKafka(`brokers that die, transaction.version ${transactionVersion}`, () => {
    let cluster: RunningCluster
    let broker: KafkaBroker
    beforeAll(async () => {
      cluster = await startKafkaCluster({ transactionVersion })
      broker = await connectPlain(cluster.bootstrapServers)
    }, 120_000)
    afterAll(async () => {
      await broker.close()
      await cluster.dispose()
    })

    const createTopic = async (): Promise<string> => {
      const topic = uniqueName('failover')
      await broker.createTopics([{ name: topic, partitions: partitions.length }])
      return topic
    }
    /** Kills a broker, waits while others work, and has it back in sync. */
    const replace = async (id: number, topic: string): Promise<void> => {
      await cluster.node(id).kill()
      await eventually(async () => !(await cluster.tool.brokers()).includes(id), 60_000)
      await cluster.node(id).start()
      await cluster.untilInSync([topic])
    }
    const leaderOf = async (topic: string): Promise<number> =>
      (await cluster.tool.leaders(topic))[0]!.leader

    const expectRounds = async (topic: string, count: number): Promise<void> => {
      const records = await readCommitted(cluster.bootstrapServers, [topic])
      const all = Array.from({ length: count }, (_, i) => i)
      for (const partition of partitions) {
        const rounds = records.filter((record) => record.partition === partition)
        expect(rounds.map(({ value }) => Number(value!.toString()))).toEqual(all)
      }
    }

    it('lose and double nothing of a send to many partitions when a leader dies', async () => {
      const topic = await createTopic()
      const producer = broker.producer()
      const dying = replace(await leaderOf(topic), topic)
      const work = new Rounds(dying)
      const sends: Promise<unknown>[] = []
      for (const number of work) {
        sends.push(producer.send(round(topic, number)))
        // Several are on their way at any time, also when the leader goes.
        if (sends.length > 3) await sends.shift()
      }
      await Promise.all(sends)
      await dying
      await producer.close()
      await expectRounds(topic, work.count)
    }, 120_000)

    describe('in transactions', () => {
      const copy = async (topic: string, dying: Promise<void>, id: string): Promise<void> => {
        const member = new MemberProbe(broker, { groupId: uniqueName('group') })
        await member.group.join()
        const copying = new ExactlyOnceRounds(broker.transaction(id), member.group, topic)
        await copying.runUntil(dying)
        await member.group.leave()
        await expectRounds(topic, copying.count)
      }

      it('lose and double nothing when a leader dies', async () => {
        const topic = await createTopic()
        await copy(topic, replace(await leaderOf(topic), topic), uniqueName('tx'))
      }, 120_000)

      it('lose and double nothing when the coordinator dies in the middle of commits', async () => {
        const topic = await createTopic()
        const id = uniqueName('tx')
        const holder = broker.transaction(id)
        await holder.init()
        await holder.close()
        const coordinator = await cluster.tool.transactionCoordinator(id)
        await copy(topic, replace(coordinator, topic), id)
      }, 120_000)

      it('lose and double nothing when the controller dies', async () => {
        const topic = await createTopic()
        await copy(topic, replace(await cluster.tool.controller(), topic), uniqueName('tx'))
      }, 120_000)
    })
  })
}

/** 0, 1, 2, … until what happens meanwhile is over, and twenty more. */
class Rounds {
  count = 0
  #last = Infinity

  constructor(meanwhile: Promise<void>) {
    const end = (): number => (this.#last = this.count + 20)
    meanwhile.then(end, end)
  }

  *[Symbol.iterator](): Iterator<number> {
    while (this.count < this.#last) yield this.count++
  }
}

/**
 * A task that writes the rounds and where it stands in one transaction each, and after any failure
 * begins again where the group's committed offset says.
 */
class ExactlyOnceRounds {
  readonly #transaction: Transaction
  readonly #group: Group
  readonly #topic: string
  count = 0

  constructor(transaction: Transaction, group: Group, topic: string) {
    this.#transaction = transaction
    this.#group = group
    this.#topic = topic
  }

  async runUntil(over: Promise<void>): Promise<void> {
    let last = Infinity
    const end = (): number => (last = this.count + 20)
    over.then(end, end)
    await this.#takeOver()
    while (this.count < last) {
      try {
        await this.#commitRound()
      } catch (error) {
        expect(error).not.toBeInstanceOf(FencedError)
        if (!isPassing(error)) throw error
        await this.#takeOver()
      }
    }
    await over
    await this.#transaction.close()
  }

  async #commitRound(): Promise<void> {
    await this.#transaction.send(round(this.#topic, this.count))
    const next = { topic: this.#topic, partition: 0, offset: this.count + 1, metadata: '' }
    await this.#transaction.sendOffsets([next], this.#group.metadata()!)
    await this.#transaction.commit()
    this.count++
  }

  async #takeOver(): Promise<void> {
    for (;;) {
      try {
        await this.#transaction.init()
        const [at] = await this.#group.committed([{ topic: this.#topic, partition: 0 }])
        this.count = at?.offset ?? 0
        return
      } catch (error) {
        if (!isPassing(error)) throw error
      }
    }
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof RetriableError ||
    error instanceof AbortableError ||
    error instanceof UnknownOutcomeError
  )
}
