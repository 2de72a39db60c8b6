import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MoveCause, StateChanged, Value } from '../../../schemas/records.ts'
import { mergerOf } from '../../../topology/attribution/primitives.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { seriesValue } from '../../../topology/attribution/value.ts'
import { AttributionWorld } from './attribution-world.ts'
import { categoricalValue } from './arbitrary-series.ts'
import { PlainAttribution } from './plain-attribution.ts'

/**
 * Whatever is observed, overwritten, repeated, linked, merged and unmerged, in whatever batches, on
 * whatever partitions, with records in the wrong ones and reads that miss at random: once all is
 * quiet, the rows are those of a plain fold.
 */
const PARTITIONS = 3
const attackers = ['att-0', 'att-1', 'att-2', 'ätt-3', 'lost-4', 'lost-5']
const identities = ['root-0', 'root-1', 'röot-2', stubIdentity('att-0'), 'lost-3']
const primitives = [
  'motor.input_modality',
  'toolchain.c2.beacon_interval_ms',
  'motor.digraph_simhash',
]

type Step =
  | { do: 'observe'; attacker: string; primitive: string; ref: number; ts: number; value: Value }
  | {
      do: 'attributed'
      identity: string
      attacker: string
      primitive: string
      ts: number
      value: Value
    }
  | { do: 'link'; attacker: string; root: string; cause: MoveCause }
  | { do: 'merge'; from: string; to: string; cause: MoveCause }
  | { do: 'profile'; attacker: string; ts: number }
  | { do: 'run' }

const attacker = fc.constantFrom(...attackers)
const identity = fc.constantFrom(...identities)
const cause = fc.constantFrom<MoveCause>('link', 'merge', 'unmerge')
const ts = fc.oneof(
  fc.nat({ max: 30 }).map((hours) => 1_714_000_000 + hours * 3_600),
  fc.nat({ max: 20 }).map((quarters) => 1_714_000_000 + quarters * 0.25),
  fc.double({ min: 1_714_000_000, max: 1_714_200_000, noNaN: true }),
)
const observed = fc.constantFrom(...primitives).chain((primitive) =>
  fc.record({
    primitive: fc.constant(primitive),
    ts,
    value: {
      categorical: categoricalValue,
      numeric: fc.constantFrom<Value>(10, 12, 30, null, ' 1e1 ', true),
      hash: fc.constantFrom<Value>('h1', 'h2', 'h3', 'h4', null),
    }[mergerOf(primitive)],
  }),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(attacker, fc.nat({ max: 14 }), observed)
      .map(([who, ref, what]) => ({ do: 'observe', attacker: who, ref, ...what }) as const),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(identity, attacker, observed)
      .map(
        ([of, who, what]) => ({ do: 'attributed', identity: of, attacker: who, ...what }) as const,
      ),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('link' as const), attacker, root: identity, cause }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('merge' as const),
      from: identity,
      to: identity,
      cause,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('profile' as const), attacker, ts }) },
  { weight: 3, arbitrary: fc.constant({ do: 'run' } as const) },
)

class Play {
  readonly world: AttributionWorld
  readonly plain = new PlainAttribution(stubIdentity)
  readonly #roots = new Map<string, string>()

  constructor(seed: number | null) {
    const missing = seed === null ? {} : { missRandomly: { seed, probability: 0.1 } }
    this.world = new AttributionWorld({ driver: { partitions: PARTITIONS, ...missing } })
  }

  async perform(each: Step): Promise<void> {
    const { plain, world } = this
    switch (each.do) {
      case 'observe': {
        const { attacker: who, primitive, ref, ts: at, value } = each
        world.observe({ ...each, ref: `ref-${ref}`, ...this.#place(who) })
        this.#know(who)
        plain.observe(who, primitive, `ref-${ref}`, at, seriesValue(mergerOf(primitive), value))
        return
      }
      case 'attributed': {
        const { attacker: who, identity: of, primitive, ts: at, value } = each
        world.attributed(of, { ...each, ...this.#place(of) })
        plain.attributed(of, primitive, who, at, seriesValue(mergerOf(primitive), value))
        return
      }
      case 'link':
        this.#link(each.attacker, each.root, each.cause)
        return
      case 'merge':
        for (const [who, root] of this.#roots) {
          if (root === each.from) this.#link(who, each.to, each.cause)
        }
        return
      case 'profile':
        world.profile(each.attacker, each.ts, each.ts, this.#place(each.attacker).partition)
        this.#know(each.attacker)
        plain.register(each.attacker)
        return
      case 'run':
        await world.run()
    }
  }

  #link(who: string, root: string, why: MoveCause): void {
    this.world.link(who, root, why, this.#place(who))
    this.plain.link(who, root)
    this.#roots.set(who, root)
  }

  #know(who: string): void {
    if (!this.#roots.has(who)) this.#roots.set(who, stubIdentity(who))
  }

  /** What is called lost always lies in the same wrong partition. */
  #place(key: string): { partition?: number } {
    return key.startsWith('lost') ? { partition: this.world.wrongPartition(key) } : {}
  }
}

async function quietRows(world: AttributionWorld) {
  const rows = await world.rows()
  return new Map(
    [...rows].map(([key, row]) => {
      const { confidence, currentValue, lastObservationTs, observationCount, state } = row
      return [key, { confidence, currentValue, lastObservationTs, observationCount, state }]
    }),
  )
}

/** Each change starts from where the one before ended, and the last says what the row says. */
function expectChained(
  changes: readonly StateChanged[],
  rows: Awaited<ReturnType<typeof quietRows>>,
) {
  const states = new Map<string, string | null>()
  for (const { identity_uuid, new_state, old_state, primitive } of changes) {
    const key = `${identity_uuid} ${primitive}`
    expect(old_state).toBe(states.get(key) ?? null)
    expect(new_state).not.toBe(old_state)
    states.set(key, new_state)
  }
  const standing = [...states].filter(([, state]) => state !== null)
  expect(new Map(standing)).toEqual(new Map([...rows].map(([key, { state }]) => [key, state])))
}

test('when all is quiet, the rows are those of a plain fold', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 90, size: 'max' }),
      fc.option(fc.integer()),
      async (steps, seed) => {
        const play = new Play(seed)
        for (const each of steps) await play.perform(each)
        await play.world.run()
        expect(play.world.driver.deadLetters.map(({ error }) => error)).toEqual([])
        const rows = await quietRows(play.world)
        expect(rows).toEqual(play.plain.rows())
        expectChained(play.world.changes(), rows)
        const members = await play.world.keys('identity-members')
        expect(members).toEqual(expect.arrayContaining(play.plain.members()))
      },
    ),
    { numRuns: 300 },
  )
}, 240_000)
