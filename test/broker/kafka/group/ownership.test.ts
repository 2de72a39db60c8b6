import { expect, it } from 'vitest'
import type { KafkaBroker } from '../../../../broker/kafka/kafka-broker.ts'
import { eventually, uniqueName } from '../../../support/broker-records.ts'
import { CooperativeMember, OwnershipLedger } from '../../../support/cooperative-member.ts'
import { describeKafka } from '../../../support/kafka/kafka-availability.ts'
import { connectPlain } from '../../../support/kafka/plain-client.ts'
import { sharedKafka } from '../../../support/kafka/shared-kafka.ts'

const THINGS = 8
const MEMBERS_MAX = 4
const SESSION_TIMEOUT_MS = process.env['KAFKA_BROKERS'] ? 6000 : 3000

interface Living {
  readonly member: CooperativeMember
  readonly broker: KafkaBroker
}

/** Mulberry32: the same walk for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % sides
  }
}

await describeKafka(
  'members of a Kafka group that assign cooperatively',
  () => {
    it.each([1, 2, 3, 4])(
      'never hold a thing twice, and end up with all of them: walk %i',
      { timeout: 120_000 },
      async (seed) => {
        const bootstrapServers = await sharedKafka()
        const groupId = uniqueName('ownership')
        const roll = dice(seed)
        const ledger = new OwnershipLedger()
        const living: Living[] = []
        let born = 0

        const bear = async (): Promise<void> => {
          const broker = await connectPlain(bootstrapServers)
          const member = new CooperativeMember(
            broker,
            { groupId, sessionTimeoutMs: SESSION_TIMEOUT_MS },
            { name: `member ${++born}`, things: THINGS, ledger, pauseMs: () => roll(60) },
          )
          living.push({ member, broker })
          void member.group.join()
        }
        const end = async (isKilled: boolean): Promise<void> => {
          const [{ member, broker }] = living.splice(roll(living.length), 1) as [Living]
          if (isKilled) member.die()
          else await member.leave()
          await broker.close()
        }

        await bear()
        for (let step = 0; step < 14; step++) {
          const what = roll(10)
          if (living.length < 2 || (what < 5 && living.length < MEMBERS_MAX)) await bear()
          else if (what < 7) living[roll(living.length)]!.member.group.rejoin()
          else await end(what === 9)
          await new Promise((resolve) => setTimeout(resolve, roll(200)))
        }
        await eventually(() => {
          const shares = [...ledger.shares().values()]
          const held = shares.reduce((sum, share) => sum + share, 0)
          const isBalanced = Math.max(...shares) - Math.min(...shares) <= 1
          return Promise.resolve(held === THINGS && shares.length === living.length && isBalanced)
        }, 60_000)
        expect(ledger.doubles).toEqual([])
        while (living.length > 0) await end(false)
      },
    )
  },
  'any broker',
)
