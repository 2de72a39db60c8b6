import { expect, test } from 'vitest'
import { CacheBudget } from '../../../state/cache-budget.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { MemoryDisk } from '../../../state/memory-disk.ts'
import { TaskState } from '../../../state/task-state.ts'
import type { ByteString } from '../../../bytes/byte-string.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import { IdentifyPass } from '../../../topology/identity/identify-pass.ts'
import {
  IDENTITY_STORES,
  type IdentityStores,
  openIdentityStores,
} from '../../../topology/identity/identity-stores.ts'
import { IncrementalClusterer } from '../../../topology/identity/incremental-clusterer.ts'
import type { KeyValueStore, StoreSpec } from '../../../topology/store.ts'
import { MemoryStore } from '../../support/memory-store.ts'
import { at, record } from '../../support/small-task-state.ts'

/** What stores were asked for: rows read, listed, put and deleted. */
class Toll {
  rows = 0

  of(work: () => void): number {
    const before = this.rows
    work()
    return this.rows - before
  }

  on<V>(spec: StoreSpec<V>): KeyValueStore<V> {
    const store = new MemoryStore(spec)
    const counted = <T>(rows: number, result: T): T => {
      this.rows += rows
      return result
    }
    const group = (name: ByteString) => {
      const rows = store.group(name)
      return counted(rows.length + 1, rows)
    }
    return {
      get: (key) => counted(1, store.get(key)),
      getAll: (keys) => counted(keys.length, store.getAll(keys)),
      put: (key, value) => {
        this.rows++
        store.put(key, value)
      },
      delete: (key) => {
        this.rows++
        store.delete(key)
      },
      group,
      groupAll: (groups) => groups.map(group),
    }
  }
}

function tolled(genericLimit: number) {
  const toll = new Toll()
  const stores = new Map(IDENTITY_STORES.map((spec) => [spec.name, toll.on(spec)]))
  const opened = openIdentityStores((name) => stores.get(name) as never)
  return { toll, ...workOn(opened, genericLimit) }
}

function workOn(stores: IdentityStores, genericLimit: number) {
  const clusterer = new IncrementalClusterer(stores, genericLimit)
  const pass = new IdentifyPass(stores)
  return {
    apply: (attacker: string, firstSeen: number, features: HardFeatures) =>
      void clusterer.apply(attacker, firstSeen, features),
    pass: () => pass.run(1),
  }
}

function having(hassh: string | null, ...payloads: readonly string[]): HardFeatures {
  return { ja3: null, hassh, payloadHashes: new Set(payloads), c2Endpoints: new Set() }
}

test('a profile on a hub value costs the same however many hold it', () => {
  const costs = [500, 5_000].map((holders) => {
    const { apply, pass, toll } = tolled(100)
    for (let i = 0; i < holders; i++) apply(`a${i}`, i, having('go', `own-${i}`))
    pass()
    return toll.of(() => {
      apply('new', holders, having('go', 'own-new'))
      apply('a3', 3, having('go', 'own-3', 'another'))
      apply('a4', 4, having(null, 'own-4'))
      expect(pass().members).toBe(1)
    })
  })
  expect(costs[0]).toBe(costs[1])
  expect(costs[0]).toBeLessThan(100)
})

test('who is alone costs the same however many there are', () => {
  const costs = [500, 5_000].map((attackers) => {
    const { apply, pass, toll } = tolled(100)
    for (let i = 0; i < attackers; i++) apply(`a${i}`, i, having(`h${i}`))
    pass()
    return toll.of(() => {
      apply('new', attackers, having('h-new'))
      pass()
    })
  })
  expect(costs[0]).toBe(costs[1])
})

test('a merge of n attackers costs in proportion to n, and so does its end', () => {
  const costs = [200, 400, 800].map((members) => {
    const { apply, pass, toll } = tolled(Infinity)
    for (let i = 0; i < members; i++) apply(`a${i}`, i, having(i % 2 === 0 ? 'even' : 'odd'))
    apply('a0', 0, having('even', 'p'))
    apply('a1', 1, having('odd', 'q'))
    pass()
    const merge = toll.of(() => {
      apply('bridge', members, having(null, 'p', 'q'))
      expect(pass().announcement.links).toHaveLength(members / 2 + 1)
    })
    const unmerge = toll.of(() => {
      apply('bridge', members, having(null))
      expect(pass().announcement.links).toHaveLength(members / 2 + 1)
    })
    return [merge, unmerge] as const
  })
  for (const side of [0, 1] as const) {
    const [small, middle, large] = costs.map((each) => each[side]) as [number, number, number]
    expect(large - middle).toBeLessThan(2.1 * (middle - small))
    expect(large).toBeLessThan(800 * 40)
  }
})

type Client = Pick<HardFeatures, 'hassh' | 'ja3'>

/** A crowd that shares payloads; hundreds without have the HASSH `go`, so it is generic. */
function crowdOf(size: number, payloads: number, clientOf: (i: number) => Client) {
  const payloadHashes = new Set(Array.from({ length: payloads }, (_, i) => `p${i}`))
  const { apply, toll } = tolled(100)
  for (let i = 0; i < 200; i++) apply(`hub-${i}`, i, having('go'))
  const come = (attacker: string, client: Client) =>
    toll.of(() => {
      apply(attacker, 1_000, { ...client, payloadHashes, c2Endpoints: new Set() })
    })
  for (let i = 0; i < size; i++) come(`a${i}`, clientOf(i))
  return { come }
}

const nothing: Client = { ja3: null, hassh: null }

const crowds: [string, (i: number) => Client][] = [
  ['of whom nothing is known', () => nothing],
  ['of which each has a HASSH of its own', (i) => ({ ja3: null, hassh: `h${i}` })],
  [
    'of which each has a JA3 or a HASSH of its own',
    (i) => (i % 2 === 0 ? { ja3: `j${i}`, hassh: null } : { ja3: null, hassh: `h${i}` }),
  ],
  ['of which each has both of its own', (i) => ({ ja3: `j${i}`, hassh: `h${i}` })],
  ['with a generic HASSH', () => ({ ja3: null, hassh: 'go' })],
]

test.each(crowds)(
  'one more of a crowd %s costs its values, not who holds them',
  (_who, clientOf) => {
    const costOf = (size: number, payloads: number) =>
      crowdOf(size, payloads, clientOf).come('new', clientOf(size))
    expect(costOf(80, 20)).toBe(costOf(20, 20))
    const [few, more, most] = [10, 20, 40].map((payloads) => costOf(20, payloads)) as [
      number,
      number,
      number,
    ]
    expect(most - more).toBe(2 * (more - few))
    expect(most).toBeLessThan(40 * 5 + 30)
  },
)

test('the first of whom nothing is known joins all holders once; who follows joins one', () => {
  const both = (i: number): Client => ({ ja3: `j${i}`, hassh: `h${i}` })
  const costs = [20, 80].map((size) => {
    const { come } = crowdOf(size, 20, both)
    return { first: come('first', nothing), next: come('next', nothing) }
  })
  expect(costs[1]!.first - costs[0]!.first).toBeGreaterThan(60 * 20)
  expect(costs[1]!.first - costs[0]!.first).toBeLessThan(60 * (20 + 15))
  expect(costs[1]!.next).toBe(costs[0]!.next)
})

test('where heads name nobody who agrees in a generic fingerprint, one list tells who agrees, however many values', () => {
  const costs = [10, 20, 40].map((payloads) => {
    const { come } = crowdOf(0, payloads, () => nothing)
    come('a', { ja3: null, hassh: 'else' })
    for (let i = 0; i < 40; i++) come(`b${i}`, { ja3: null, hassh: 'go' })
    return come('new', { ja3: null, hassh: 'go' })
  }) as [number, number, number]
  expect(costs[2] - costs[1]).toBe(2 * (costs[1] - costs[0]))
  expect(costs[2]).toBeLessThan(40 * 5 + 41 * 5)
})

test('who comes to an identity and brings it nothing new costs the same however many it is', () => {
  const costs = [50, 500].map((members) => {
    const { apply, pass, toll } = tolled(Infinity)
    for (let i = 0; i < members; i++) apply(`a${i}`, i, having('h', 'p'))
    pass()
    return toll.of(() => {
      apply('new', members, having('h', 'p'))
      expect(pass().messages).toEqual([])
    })
  })
  expect(costs[0]).toBe(costs[1])
})

test('who brings an identity another payload costs the same however many it is', () => {
  const costs = [50, 500].map((members) => {
    const { apply, pass, toll } = tolled(Infinity)
    for (let i = 0; i < members; i++) apply(`a${i}`, i, having('h', 'p'))
    pass()
    return toll.of(() => {
      apply('new', members, having('h', 'q'))
      expect(pass().messages).toMatchObject([{ payloadHashes: ['p', 'q'] }])
    })
  })
  expect(costs[0]).toBe(costs[1])
})

test('a pass with nothing new reads one group', () => {
  const { apply, pass, toll } = tolled(100)
  for (let i = 0; i < 100; i++) apply(`a${i}`, i, having('h'))
  pass()
  expect(toll.of(() => void pass())).toBe(1)
})

test('with nothing in memory, a pass over many identities runs again a few times, not once each', async () => {
  const disk = new MemoryDisk()
  const open = async () => {
    const database = new MemoryDatabase(disk)
    const state = await TaskState.open({
      database,
      stores: IDENTITY_STORES,
      cacheBudget: new CacheBudget(100_000_000),
    })
    return {
      state,
      ...workOn(
        openIdentityStores((name) => state.store(name)),
        100,
      ),
    }
  }
  const first = await open()
  for (let i = 0; i < 300; i++) {
    await record(first.state, () => first.apply(`a${i}`, i, having(`h${i % 150}`)))
  }
  first.state.endBatch()
  first.state.beginCommit(() => undefined)
  first.state.commitSucceeded(new Map(IDENTITY_STORES.map(({ name }) => [name, at(1)])))
  await first.state.checkpoint()
  await first.state.close()
  const cold = await open()
  let groups = 0
  const misses = await record(cold.state, () => {
    groups = cold.pass().groups
  })
  expect(groups).toBe(150)
  expect(misses).toBeLessThan(8)
})
