import { describe, expect, it } from 'vitest'
import { EmbeddedBroker } from '../../broker/embedded/embedded-broker.ts'
import { IngestService } from '../../runtime/ingest-service.ts'
import { StoreNotReadyError } from '../../state/errors.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import type { Answer, InputPosition, QueryBounds, StoreRow } from '../../state/query-port.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { readTopic } from './log-contents.ts'
import { PARTITIONS, QueriedGroup, type QueriedMember } from './query-group.ts'
import { QueryJudge, type Asked, type Question } from './query-judge.ts'
import { seededRandom } from './random.ts'

/** Each asks at every step, and costs several of the siblings'. */
const SCHEDULES = Math.ceil(Number(process.env['SIMULATION_SCHEDULES'] ?? 60) / 4)
const FIRST_SEED = Number(process.env['SIMULATION_SEED'] ?? 1)

/** What all schedules together came to see: a property of nothing proves nothing. */
const seen = { answered: 0, refused: 0, stale: 0, remote: 0, partial: 0, bounded: 0 }

class Play {
  readonly clock = new ManualClock()
  readonly answers: Asked[] = []
  readonly random: () => number
  readonly broker: EmbeddedBroker
  readonly group: QueriedGroup
  readonly ingest: IngestService
  lastWrite: readonly InputPosition[] = []
  failure: unknown = null
  #committedLately: { readonly atMs: number; readonly offsets: readonly number[] }[] = []
  #next = 0

  private constructor(broker: EmbeddedBroker, clock: ManualClock, random: () => number) {
    this.broker = broker
    this.clock = clock
    this.random = random
    this.group = new QueriedGroup(broker, clock, random)
    this.ingest = new IngestService(broker)
  }

  static async open(seed: number): Promise<Play> {
    const clock = new ManualClock()
    const broker = await EmbeddedBroker.open({ database: new MemoryDatabase(), clock })
    return new Play(broker, clock, seededRandom(seed))
  }

  pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.random() * of.length)]!
  }

  /** Lets time pass, noting what the group has committed. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    if (this.group.fatal !== null) throw new Error('a member failed', { cause: this.group.fatal })
    if (this.failure !== null) throw new Error('a query failed', { cause: this.failure })
    const committed = await this.broker.groupAdmin('sim').committed()
    const offsets = Array.from({ length: PARTITIONS }, (_, partition) => {
      const found = committed.find((at) => at.topic === 'in' && at.partition === partition)
      return found?.offset ?? 0
    })
    this.#committedLately.push({ atMs: this.clock.now(), offsets })
  }

  async append(): Promise<void> {
    const portion = Array.from({ length: 1 + Math.floor(this.random() * 5) }, () => {
      const text =
        this.random() < 0.05 ? 'poison' : `${this.pick(['a', 'b', 'c', 'd'])}${this.#next++}`
      const key = this.pick(['u', 'v', 'w', 'x', 'y', 'z'])
      return { key, value: Buffer.from(text), timestampMs: this.clock.now() }
    })
    this.lastWrite = await this.ingest.append('in', portion)
  }

  /** Asks a member something, and notes the answer when it comes. */
  ask(member: QueriedMember): void {
    const positionMin = this.random() < 0.4 ? this.lastWrite : []
    const bounds: QueryBounds = {
      ...(positionMin.length === 0 ? {} : { positionMin }),
      ...(this.random() < 0.1 ? { lagMax: Math.floor(this.random() * 4) } : {}),
    }
    const committed = this.#committed(this.clock.now() - 1_000)
    void this.#ends().then(async (endsAsked) => {
      try {
        const question = await this.#question(member, bounds)
        if (bounds.lagMax !== undefined) {
          for (const { lag } of question.answer.positions) {
            if (lag > bounds.lagMax) throw new Error(`lag ${lag}, ${bounds.lagMax} asked for`)
          }
        }
        const endsAnswered = await this.#ends()
        this.answers.push({ question, positionMin, endsAsked, endsAnswered, committed })
        this.#count(question.answer, positionMin)
      } catch (error) {
        if (error instanceof StoreNotReadyError) seen.refused++
        else this.failure = error
      }
    })
  }

  async #question({ router }: QueriedMember, bounds: QueryBounds): Promise<Question> {
    const chance = this.random()
    if (chance < 0.4) {
      const key = this.pick(['u', 'v', 'w', 'x', 'y', 'z'])
      return { store: 'counts', key, answer: await router.get<number>('counts', key, key, bounds) }
    }
    if (chance < 0.6) {
      const key = this.pick(['a', 'b', 'c', 'd'])
      return {
        store: 'lengths',
        key,
        answer: await router.get<number>('lengths', key, key, bounds),
      }
    }
    const after = this.pick(['', 'u', 'vv', 'y'])
    const limit = 1 + Math.floor(this.random() * 4)
    const options = { partitionKey: null, prefix: '', after, limit, bounds }
    const answer: Answer<readonly StoreRow<number>[]> = await router.scan<number>('counts', options)
    return { store: 'counts', after, limit, answer }
  }

  async #ends(): Promise<number[]> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: 'in',
      partition,
    }))
    const ends = await this.broker.listOffsets(partitions, 'latest', 'read_committed')
    return ends.map(({ offset }) => offset)
  }

  #committed(atMs: number): readonly number[] {
    const known = this.#committedLately.findLast((each) => each.atMs <= atMs)
    return known?.offsets ?? Array.from({ length: PARTITIONS }, () => 0)
  }

  #count({ missing, positions }: Answer<unknown>, positionMin: readonly InputPosition[]): void {
    seen.answered++
    if (positions.some(({ stale }) => stale)) seen.stale++
    if (missing.length > 0) seen.partial++
    if (positionMin.length > 0) seen.bounded++
  }
}

async function play(seed: number): Promise<void> {
  const world = await Play.open(seed)
  const { group, random } = world
  await world.broker.createTopics([
    { name: 'in', partitions: PARTITIONS },
    { name: 'out', partitions: PARTITIONS },
  ])
  group.join('m0')
  await world.advance(500)
  group.join('m1')
  for (let turn = 0; turn < 60; turn++) {
    await world.append()
    for (let i = 0; i < 3; i++) if (group.alive.length > 0) world.ask(world.pick(group.alive))
    await world.advance(Math.floor(random() * 150))
    const chance = random()
    const name = `m${Math.floor(random() * 4)}`
    if (chance < 0.15 && !group.members.has(name)) group.join(name)
    else if (chance < 0.22 && group.alive.length > 1) group.leave(world.pick(group.alive))
    else if (chance < 0.32 && group.alive.length > 1) {
      const victim = world.pick(group.alive)
      // It is asked on, until the others have taken over, and after.
      if (random() < 0.5) group.isolate(victim)
      else group.kill(victim)
      for (let i = 0; i < 12; i++) {
        for (const member of group.alive) world.ask(member)
        if (random() < 0.3) await world.append()
        await world.advance(random() < 0.5 ? 100 : 8_000)
      }
      if (!victim.isDead) group.kill(victim)
      group.members.delete(victim.name)
    }
  }
  await world.advance(10_000)
  const judge = new QueryJudge(await readTopic(world.broker, 'in'))
  for (const answer of world.answers) judge.judge(answer)
  for (const { peers } of group.members.values()) seen.remote += peers.asked
}

describe('a group whose members come, leave, die or are given up unawares, asked all the time', () => {
  it(`answers right for the stated position or not at all, over ${SCHEDULES} schedules`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed++) {
      try {
        await play(seed)
      } catch (error) {
        throw new Error(`seed ${seed} (SIMULATION_SEED=${seed} SIMULATION_SCHEDULES=1)`, {
          cause: error,
        })
      }
    }
    expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([])
  }, 600_000)
})
