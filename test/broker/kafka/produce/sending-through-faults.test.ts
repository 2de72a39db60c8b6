import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AbortableError,
  BrokerError,
  FencedError,
  RetriableError,
  UnknownOutcomeError,
} from '../../../../broker/errors.ts'
import { errorCodes as code } from '../../../../broker/kafka/error-codes.ts'
import { KafkaProducer } from '../../../../broker/kafka/produce/kafka-producer.ts'
import { KafkaTransaction } from '../../../../broker/kafka/produce/kafka-transaction.ts'
import { sendValues, valuesBatch } from '../../../support/broker-records.ts'
import { ModelCluster, type Fault } from '../../../support/model-cluster.ts'

const topic = 't'
const group = { groupId: 'group', generationId: 1, memberId: 'member' }
const options = { deliveryTimeoutMs: 15 }

interface Move {
  readonly partition: number
  readonly node: number
}

/** What befalls a call: nothing, a lost connection, a code, or a leader and coordinator moves. */
type Accident = null | 'before' | 'after' | 'late' | number | Move

const accident: fc.Arbitrary<Accident> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(null) },
  { weight: 3, arbitrary: fc.constantFrom('before' as const, 'after' as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      code.COORDINATOR_NOT_AVAILABLE,
      code.NOT_COORDINATOR,
      code.CONCURRENT_TRANSACTIONS,
      code.TRANSACTION_ABORTABLE,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ partition: fc.nat(1), node: fc.integer({ min: 1, max: 3 }) }),
  },
)

/** Without a transaction, what arrives late is in nobody's order: left to the former. */
const late = fc.constant('late' as const)

/** Each call meets the next accident; after the last they begin anew. */
function befall(cluster: ModelCluster, accidents: readonly Accident[]): void {
  let calls = 0
  cluster.script = () => faultOf(accidents[calls++ % accidents.length] ?? null, cluster)
}

function faultOf(one: Accident, cluster: ModelCluster): Fault | null {
  if (one === null) return null
  if (typeof one === 'string') return { lost: one }
  if (typeof one === 'number') return { code: one }
  return {
    first: () => {
      cluster.partitions[one.partition]!.leader = one.node
      cluster.moveCoordinator(one.node)
    },
  }
}

type Outcome = 'committed' | 'aborted' | 'unknown'

async function runRound(transaction: KafkaTransaction, round: number): Promise<Outcome> {
  const values = [`${round}`, `${round}`]
  await transaction.send(
    values.map((value, partition) => ({ topic, partition, records: valuesBatch(value) })),
  )
  await transaction.sendOffsets([{ topic, partition: 0, offset: round, metadata: '' }], group)
  if (round % 3 === 2) {
    await transaction.abort()
    return 'aborted'
  }
  await transaction.commit()
  return 'committed'
}

/** As a task does it: abort what can be aborted, and when in doubt begin anew. */
async function recover(
  transaction: KafkaTransaction,
  cluster: ModelCluster,
  error: unknown,
): Promise<Outcome> {
  if (!(error instanceof BrokerError) || error instanceof FencedError) throw error
  let needsInit = !(error instanceof AbortableError)
  if (!needsInit) {
    await transaction.abort().catch((failed: unknown) => {
      if (failed instanceof FencedError) throw failed
      needsInit = true
    })
  }
  if (needsInit) {
    const { script } = cluster
    cluster.script = () => null
    await transaction.init()
    cluster.script = script
  }
  return error instanceof UnknownOutcomeError ? 'unknown' : 'aborted'
}

describe('whatever befalls the calls to the brokers', () => {
  it.each([2, 0])(
    'a transaction is seen whole or not at all, once, and as it was told (version %i)',
    async (version) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof({ weight: 6, arbitrary: accident }, late), {
            minLength: 1,
            maxLength: 40,
          }),
          async (accidents) => {
            const cluster = new ModelCluster([1, 2], version)
            const transaction = new KafkaTransaction(cluster, 'id', options)
            await transaction.init()
            befall(cluster, accidents)
            const outcomes: Outcome[] = []
            for (let round = 0; round < 6; round++) {
              outcomes.push(
                await runRound(transaction, round).catch((error: unknown) =>
                  recover(transaction, cluster, error),
                ),
              )
            }
            cluster.script = () => null
            await transaction.init()
            const [first, second] = cluster.partitions.map(({ values }) => values)
            expect(second).toEqual(first)
            const expected = outcomes.flatMap((outcome, round) => {
              const isSeen =
                outcome === 'unknown' ? first!.includes(`${round}`) : outcome === 'committed'
              return isSeen ? [`${round}`] : []
            })
            expect(first).toEqual(expected)
            expect(cluster.committed.get('t/0')?.toString()).toEqual(first!.at(-1))
          },
        ),
        { numRuns: 40 },
      )
    },
    60_000,
  )

  it('an idempotent batch is in its log once, in order, and not when it was refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(accident, { minLength: 1, maxLength: 40 }), async (accidents) => {
        const cluster = new ModelCluster([1, 2])
        befall(cluster, accidents)
        const producer = new KafkaProducer(cluster, options)
        const sent = Array.from({ length: 12 }, (_, i) =>
          sendValues(producer, topic, [`${i}`], i % 2).then(
            () => null,
            (error: unknown) => error,
          ),
        )
        const errors = await Promise.all(sent)
        for (const [partition, { values }] of cluster.partitions.entries()) {
          const expected = errors.flatMap((error, i) => {
            if (i % 2 !== partition) return []
            if (error instanceof UnknownOutcomeError) return values.includes(`${i}`) ? [`${i}`] : []
            if (error !== null) expect(error).toBeInstanceOf(RetriableError)
            return error === null ? [`${i}`] : []
          })
          expect(values).toEqual(expected)
        }
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})
