import { describe, expect, test } from 'vitest'
import { fromByteString } from '../../bytes/byte-string.ts'
import { type TestDriverOptions, TopologyTestDriver } from '../../runtime/topology-test-driver.ts'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { Profile } from '../../topology/attribution/profile.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { wholeProduct } from '../support/whole-product.ts'

const PASS_MS = 250
const PRIMITIVE = 'motor.input_modality'

/** The whole product, told of attackers that come to share a client and then do not. */
class World {
  readonly driver: TopologyTestDriver
  #timestampMs = 1_800_000_000_000
  #observations = 0

  constructor(options: TestDriverOptions = {}) {
    const wallClockMs = this.#timestampMs
    this.driver = new TopologyTestDriver(wholeProduct(), { wallClockMs, partitions: 3, ...options })
  }

  async observe(attacker: string, values: readonly string[]): Promise<void> {
    const at = { start_ts: 1, end_ts: 1 }
    const fixed = { v: 1, primitive: PRIMITIVE, confidence: 1, window: at, source: 'sensor' }
    for (const value of values) {
      const id = `o${this.#observations++}`
      const ts = this.#timestampMs / 1000
      await this.#send('observation', { attacker_uuid: attacker, id, ts, value, ...fixed })
    }
  }

  async profile(attacker: string, firstSeen: number, hassh: string): Promise<void> {
    await this.#send('attacker-profile', {
      attacker_uuid: attacker,
      first_seen: firstSeen,
      last_seen: firstSeen,
      fingerprints: [{ kind: 'hassh', hash: hassh }],
    })
  }

  /** Lets a pass of identities, what follows from it, and a pass of campaigns be. */
  async pass(): Promise<void> {
    for (let i = 0; i < 3; i++) await this.driver.advanceWallClock(PASS_MS)
    expect(this.driver.failures).toEqual([])
  }

  /** Count and state by identity. */
  async rows(): Promise<Record<string, unknown>> {
    const rows = await this.driver.store<Profile>('attribution-profiles').entries()
    const shown = new Map<string, unknown>()
    for (const [key, { observationCount, state }] of rows) {
      shown.set(fromByteString(key).split('\u0000')[0]!, [observationCount, state])
    }
    return Object.fromEntries(shown)
  }

  causes(): string[] {
    const read = deserializerFor('state-changed', new InProcessRegistry())
    return this.driver
      .readValues(PUBLIC_TOPICS['state-changed'], read)
      .map(({ value }) => `${value.cause}: ${value.old_state} → ${value.new_state}`)
      .sort()
  }

  async #send(record: 'observation' | 'attacker-profile', value: object): Promise<void> {
    const key = (value as { attacker_uuid: string }).attacker_uuid
    const timestampMs = this.#timestampMs++
    const json = Buffer.from(JSON.stringify(value))
    await this.driver.pipe(PUBLIC_TOPICS[record], { key, value: json, timestampMs })
  }
}

describe.each([
  ['all in memory', {}],
  ['nothing in memory', { missEverything: true }],
])('with %s', (_where, options) => {
  test('attackers that share a client pool, and part as if they never had', async () => {
    const world = new World(options)
    const [one, other] = [stubIdentity('one'), stubIdentity('other')]
    await world.observe('one', ['typed', 'typed', 'typed'])
    await world.observe('other', ['pasted', 'pasted'])
    await world.profile('one', 100, 'mine')
    await world.profile('other', 200, 'yours')
    await world.pass()
    const apart = { [one]: [3, 'stable'], [other]: [2, 'unknown'] }
    expect(await world.rows()).toEqual(apart)
    world.causes()

    await world.profile('other', 200, 'mine')
    await world.pass()
    expect(await world.rows()).toEqual({ [one]: [5, 'conflicted'] })
    expect(world.causes()).toEqual(['merge: stable → conflicted', 'merge: unknown → null'])

    await world.profile('other', 200, 'yours')
    await world.pass()
    expect(await world.rows()).toEqual(apart)
    expect(world.causes()).toEqual(['unmerge: conflicted → stable', 'unmerge: null → unknown'])
  })

  test('what is observed between the link and its move is not lost', async () => {
    const world = new World(options)
    await world.profile('one', 100, 'mine')
    await world.profile('other', 200, 'mine')
    await world.observe('other', ['typed'])
    await world.pass()
    await world.observe('other', ['typed'])
    await world.observe('one', ['typed'])
    await world.pass()
    expect(await world.rows()).toEqual({ [stubIdentity('one')]: [3, 'stable'] })
  })
})
