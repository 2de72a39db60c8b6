import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readValues, sendValues } from '../../support/broker-records.ts'
import { CrashWorld, PARTITIONS, TOPIC, type CrashWorldOptions, type Step } from './crash-model.ts'

const partition = fc.nat(PARTITIONS - 1)
const tx = fc.nat(1)
const count = fc.integer({ min: 1, max: 4 })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('produce' as const), partition, count }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send' as const), tx, partition, count }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('offsets' as const), tx }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      tx,
      verdict: fc.constantFrom('commit' as const, 'commit' as const, 'abort' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('turns' as const), count }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      lostShare: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
)

const options = (powerLoss: boolean): fc.Arbitrary<CrashWorldOptions> =>
  fc.record({
    tailBytesMax: fc.constantFrom(0, 300, 1500, 1_000_000),
    segmentBytes: fc.constantFrom(1, 200, 700, 1_000_000),
    powerLoss: fc.constant(powerLoss),
    diskTurns: fc.array(fc.nat(3), { maxLength: 7 }),
  })

interface Seen {
  /** Values that read_committed sees, by partition. */
  readonly committed: string[][]
  readonly all: string[][]
}

async function look(world: CrashWorld): Promise<Seen> {
  const committed: string[][] = []
  const all: string[][] = []
  for (let i = 0; i < PARTITIONS; i++) {
    committed.push((await world.read(i, 'read_committed')).map(({ value }) => value!))
    all.push((await world.read(i, 'read_uncommitted')).map(({ value }) => value!))
  }
  return { committed, all }
}

/** Nothing doubled, nothing torn, nothing foreign; every record at its acknowledged offset. */
async function checkSound(world: CrashWorld, { committed }: Seen): Promise<void> {
  const visible = new Set(committed.flat())
  const committedOffset = (await world.committedOffset()) ?? 0
  expect(visible.size).toBe(committed.flat().length)
  for (const { efforts, offset, verdict } of world.transactions) {
    const values = efforts.flatMap((effort) => effort.values)
    const present = values.filter((value) => visible.has(value)).length
    if (verdict === 'committing') expect([0, values.length]).toContain(present)
    // Records and offsets of one transaction share their fate; offsets of the model only rise.
    if (offset !== null && present > 0) expect(committedOffset).toBeGreaterThanOrEqual(offset)
    if (offset !== null && present < values.length) expect(committedOffset).not.toBe(offset)
    else if (verdict !== 'committed') expect(present).toBe(0)
    for (const value of values) visible.delete(value)
  }
  for (const { values } of world.plain) for (const value of values) visible.delete(value)
  expect([...visible]).toEqual([])
  for (let i = 0; i < PARTITIONS; i++) {
    const at = new Map((await world.read(i, 'read_committed')).map((r) => [r.value, r.offset]))
    for (const { ack, partition: where, values } of world.plain) {
      if (ack === null || where !== i || !at.has(values[0]!)) continue
      expect(values.map((value) => at.get(value))).toEqual(values.map((_, k) => ack.baseOffset + k))
    }
    const [high] = await world.broker.listOffsets([{ topic: TOPIC, partition: i }], 'latest')
    const [stable] = await world.broker.listOffsets(
      [{ topic: TOPIC, partition: i }],
      'latest',
      'read_committed',
    )
    expect(stable).toEqual(high)
  }
}

/** What was acknowledged is there. */
async function checkDurable(world: CrashWorld, { committed, all }: Seen): Promise<void> {
  for (const { ack, partition: where, values } of world.plain) {
    if (ack !== null) expect(committed[where]).toEqual(expect.arrayContaining([...values]))
  }
  let offset: number | null = null
  const possible: (number | null)[] = []
  for (const transaction of world.transactions) {
    for (const { partition: where, values } of transaction.efforts) {
      if (transaction.verdict === 'committed') {
        expect(committed[where]).toEqual(expect.arrayContaining([...values]))
      } else if (transaction.verdict === 'aborted') {
        expect(all[where]).toEqual(expect.arrayContaining([...values]))
      }
    }
    if (transaction.offset === null) continue
    if (transaction.verdict === 'committed') offset = transaction.offset
    else if (transaction.verdict === 'committing') possible.push(transaction.offset)
  }
  expect([offset, ...possible]).toContain(await world.committedOffset())
}

/** Plain records survive as a prefix of their order in the partition. */
function checkPrefix(world: CrashWorld, { committed }: Seen): void {
  for (let i = 0; i < PARTITIONS; i++) {
    const sent = world.plain.filter((effort) => effort.partition === i).map(({ values }) => values)
    const there = sent.map((values) => values.every((value) => committed[i]!.includes(value)))
    expect(there.lastIndexOf(true)).toBeLessThan(
      there.includes(false) ? there.indexOf(false) : Infinity,
    )
  }
}

async function run(world: CrashWorld, steps: readonly Step[]): Promise<Seen> {
  await world.boot()
  for (const each of steps) {
    if (each.kind !== 'crash') {
      await world.run(each)
      continue
    }
    await world.crash(each.lostShare)
    const seen = await look(world)
    await checkSound(world, seen)
  }
  await world.settle()
  await world.crash(0)
  return await look(world)
}

describe('embedded broker after a crash', () => {
  it('holds all that was acknowledged, whole transactions, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(options(false), fc.array(step, { maxLength: 40 }), async (option, steps) => {
        const world = new CrashWorld(option)
        const seen = await run(world, steps)
        await checkSound(world, seen)
        await checkDurable(world, seen)
      }),
      { numRuns: 300 },
    )
  })

  it('holds a prefix, whole transactions, after power was lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        options(true),
        fc.array(step, { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (option, steps, lostShare) => {
          const world = new CrashWorld(option)
          await world.boot()
          for (const each of steps) if (each.kind !== 'crash') await world.run(each)
          await world.crash(lostShare)
          const seen = await look(world)
          await checkSound(world, seen)
          checkPrefix(world, seen)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('takes new records behind the old ones', async () => {
    await fc.assert(
      fc.asyncProperty(options(false), fc.array(step, { maxLength: 30 }), async (option, steps) => {
        const world = new CrashWorld(option)
        const before = (await run(world, steps)).committed
        const producer = world.broker.producer()
        const transaction = world.broker.transaction('next')
        await transaction.init()
        for (let i = 0; i < PARTITIONS; i++) {
          await sendValues(producer, TOPIC, ['plain'], i)
          await sendValues(transaction, TOPIC, ['transactional'], i)
        }
        await transaction.commit()
        for (let i = 0; i < PARTITIONS; i++) {
          const values = await readValues(world.broker, TOPIC, { partition: i })
          expect(values).toEqual([...before[i]!, 'plain', 'transactional'])
        }
      }),
      { numRuns: 100 },
    )
  })
})
