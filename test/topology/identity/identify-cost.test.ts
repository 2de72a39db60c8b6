import { expect, test } from 'vitest'
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
      cacheBytesMax: 100_000_000,
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
