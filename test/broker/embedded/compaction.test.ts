import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import type { EmbeddedBrokerOptions } from '../../../broker/embedded/embedded-server.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { MemoryDisk } from '../../../state/memory-disk.ts'
import {
  TIME_MS,
  batchOf,
  readAll,
  uniqueName,
  type ReadRecord,
} from '../../support/broker-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const TOPIC = 'compacted'
const at = { topic: TOPIC, partition: 0 }
const DAY_MS = 86_400_000

type Step =
  | { readonly kind: 'write'; readonly records: readonly (readonly [string, string | null])[] }
  | { readonly kind: 'commit' | 'abort'; readonly records: readonly (readonly [string, string])[] }
  | { readonly kind: 'clean' }
  | { readonly kind: 'reopen' }

const key = fc.integer({ min: 0, max: 12 }).map((n) => `key-${n}`)
const value = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme-ascii' })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      records: fc.array(fc.tuple(key, fc.option(value, { freq: 5 })), {
        minLength: 1,
        maxLength: 6,
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('commit' as const, 'abort' as const),
      records: fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clean' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)

class CompactedLog {
  readonly clock = new ManualClock(TIME_MS)
  broker!: EmbeddedBroker
  readonly #disk = new MemoryDisk()
  readonly #options: Partial<EmbeddedBrokerOptions>

  constructor(options: Partial<EmbeddedBrokerOptions>) {
    this.#options = options
  }

  async create(): Promise<void> {
    await this.open()
    const config = { cleanupPolicy: 'compact' } as const
    await this.broker.createTopics([{ name: TOPIC, partitions: 1, config }])
  }

  /** Opens the log as it is on disk, killing the broker that had it. */
  async open(): Promise<void> {
    this.#disk.crash()
    const database = new MemoryDatabase(this.#disk)
    const { clock } = this
    this.broker = await EmbeddedBroker.open({ database, clock, ...this.#options })
  }

  async write(records: readonly (readonly [string, string | null])[]): Promise<void> {
    const producer = this.broker.producer()
    const batch = batchOf(records.map(([key, value]) => ({ key, value })))
    await producer.send([{ ...at, records: batch }])
    await producer.close()
  }

  async inTransaction(
    verdict: 'commit' | 'abort',
    records: readonly (readonly [string, string])[],
  ): Promise<void> {
    const transaction = this.broker.transaction(uniqueName('tx'))
    await transaction.init()
    for (const [key, value] of records) {
      await transaction.send([{ ...at, records: batchOf([{ key, value }]) }])
    }
    await transaction[verdict]()
  }

  read(): Promise<ReadRecord[]> {
    return readAll(this.broker, at)
  }

  async run(each: Step): Promise<void> {
    if (each.kind === 'write') await this.write(each.records)
    else if (each.kind === 'clean') await this.broker.cleanNow()
    else if (each.kind === 'reopen') await this.open()
    else await this.inTransaction(each.kind, each.records)
  }
}

function newestOf(records: readonly ReadRecord[]): Map<string | null, ReadRecord> {
  return new Map(records.map((record) => [record.key, record]))
}

describe('compaction of the embedded log', () => {
  it('leaves of each key the newest record, and those in order, at any grain', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.constantFrom(1, 150, 600, 1_000_000),
        fc.constantFrom(0, 500, 1_000_000),
        fc.constantFrom(1, 200, 1_000_000),
        async (steps, segmentBytes, tailBytesMax, cleanerBytesMax) => {
          const options = { segmentBytes, tailBytesMax, cleanerBytesMax }
          const [compacted, whole] = [new CompactedLog(options), new CompactedLog({})]
          await compacted.create()
          await whole.create()
          for (const each of steps) {
            await compacted.run(each)
            if (each.kind !== 'clean' && each.kind !== 'reopen') await whole.run(each)
          }
          const expected = newestOf(await whole.read())
          expect(newestOf(await compacted.read())).toEqual(expected)
          await compacted.broker.cleanNow()
          const left = await compacted.read()
          expect(left.map(({ offset }) => offset)).toEqual(
            [...expected.values()].map(({ offset }) => offset).sort((a, b) => a - b),
          )
          expect(newestOf(left)).toEqual(expected)
          const ends = await Promise.all(
            [compacted, whole].map(({ broker }) => broker.listOffsets([at], 'latest')),
          )
          expect(ends[0]).toEqual(ends[1])
          await compacted.open()
          expect(await compacted.read()).toEqual(left)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('loses nothing when it is killed on the way, and goes on afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 20 }),
        fc.constantFrom(1, 300),
        fc.nat(40),
        async (steps, segmentBytes, turns) => {
          const log = new CompactedLog({ segmentBytes, tailBytesMax: 300, cleanerBytesMax: 400 })
          await log.create()
          for (const each of steps) await log.run(each)
          const expected = newestOf(await log.read())
          const killed = log.broker.cleanNow().catch(() => undefined)
          for (let i = 0; i < turns; i++) await Promise.resolve()
          await log.open()
          await killed
          expect(newestOf(await log.read())).toEqual(expected)
          await log.broker.cleanNow()
          expect(newestOf(await log.read())).toEqual(expected)
          expect(await log.read()).toHaveLength(expected.size)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('keeps a tombstone for a day after its append, and then drops it', async () => {
    const log = new CompactedLog({ segmentBytes: 1 })
    await log.create()
    await log.write([['a', 'value']])
    await log.write([['b', 'value']])
    await log.write([['a', null]])
    await log.write([['c', 'value']])
    await log.broker.cleanNow()
    const texts = async (): Promise<string[]> =>
      (await log.read()).map(({ key, value }) => `${key}=${value}`)
    expect(await texts()).toEqual(['b=value', 'a=null', 'c=value'])
    await log.clock.advance(DAY_MS + 1)
    await log.write([['d', 'value']])
    await log.broker.cleanNow()
    expect(await texts()).toEqual(['b=value', 'c=value', 'd=value'])
    await log.broker.close()
  })

  it('does not touch what lies behind an open transaction', async () => {
    const log = new CompactedLog({ segmentBytes: 1 })
    await log.create()
    await log.write([['a', '1']])
    await log.write([['a', '2']])
    const transaction = log.broker.transaction('open')
    await transaction.init()
    await transaction.send([{ ...at, records: batchOf([{ key: 'a', value: '3' }]) }])
    await log.write([['a', '4']])
    await log.broker.cleanNow()
    const all = await readAll(log.broker, at, { isolation: 'read_uncommitted' })
    expect(all.map(({ value }) => value)).toEqual(['2', '3', '4'])
    await transaction.abort()
    await log.broker.cleanNow()
    expect((await log.read()).map(({ value }) => value)).toEqual(['4'])
    await log.broker.close()
  })

  it('keeps records without a key', async () => {
    const log = new CompactedLog({ segmentBytes: 1 })
    await log.create()
    const producer = log.broker.producer()
    const records = batchOf([
      { key: null, value: '1' },
      { key: null, value: '2' },
    ])
    await producer.send([{ ...at, records }])
    await log.broker.cleanNow()
    expect((await log.read()).map(({ value }) => value)).toEqual(['1', '2'])
    await log.broker.close()
  })

  it('runs by itself once a log is large and mostly dirty', async () => {
    const log = new CompactedLog({ tailBytesMax: 0 })
    await log.create()
    const filler = 'x'.repeat(900_000)
    for (let i = 0; i < 20; i++) await log.write([['key', `${i}${filler}`]])
    for (let rounds = 0; rounds < 100 && (await log.read()).length > 2; rounds++) {
      await log.clock.advance(1000)
    }
    const left = await log.read()
    expect(left.length).toBeLessThanOrEqual(2)
    expect(left.at(-1)!.value!.startsWith('19')).toBe(true)
    await log.broker.close()
  })
})
