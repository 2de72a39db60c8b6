import { expect, test } from 'vitest'
import { CacheBudget } from '../../../state/cache-budget.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { MemoryDisk } from '../../../state/memory-disk.ts'
import { TaskState } from '../../../state/task-state.ts'
import { announce } from '../../../topology/identity/announcement.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import {
  identityAttackersStore,
  identityComponentsStore,
  identityEvidenceStore,
  identityPendingStore,
  identityPostingsStore,
} from '../../../topology/identity/identify-stores.ts'
import { IncrementalClusterer } from '../../../topology/identity/incremental-clusterer.ts'
import { at, record } from '../../support/small-task-state.ts'

const SPECS = [
  identityAttackersStore,
  identityEvidenceStore,
  identityPostingsStore,
  identityComponentsStore,
  identityPendingStore,
]

async function openOn(disk: MemoryDisk, genericLimit = 1_000) {
  const state = await TaskState.open({
    database: new MemoryDatabase(disk),
    stores: SPECS,
    cacheBudget: new CacheBudget(100_000_000),
  })
  const stores = {
    attackers: state.store<never>(identityAttackersStore.name),
    evidence: state.store<never>(identityEvidenceStore.name),
    postings: state.store<never>(identityPostingsStore.name),
    components: state.store<never>(identityComponentsStore.name),
    pending: state.store<never>(identityPendingStore.name),
  }
  return { state, stores, clusterer: new IncrementalClusterer(stores, genericLimit) }
}

function withPayloads(hassh: string | null, ...payloads: string[]): HardFeatures {
  return { ja3: null, hassh, payloadHashes: new Set(payloads), c2Endpoints: new Set() }
}

const SIZE = 300

/** All of it goes to the disk. */
async function leave(state: TaskState): Promise<void> {
  state.endBatch()
  state.beginCommit(() => undefined)
  state.commitSucceeded(new Map(SPECS.map(({ name }) => [name, at(1)])))
  await state.checkpoint()
  await state.close()
}

/** Two halves, each of one HASSH, that a member without any joins by a payload; all on disk. */
async function bridgedHalves(): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  const { clusterer, state } = await openOn(disk)
  for (let i = 0; i < SIZE; i++) {
    const features = withPayloads(i % 2 === 0 ? 'even' : 'odd', 'p', `own-${i}`)
    await record(state, () => void clusterer.apply(`a${i}`, i, features))
  }
  await record(state, () => void clusterer.apply('bridge', SIZE, withPayloads(null, 'p')))
  await leave(state)
  return disk
}

test('with nothing in memory, a split and an announcement run again a few times, not once a row', async () => {
  const { clusterer, state, stores } = await openOn(await bridgedHalves())
  const split = () => void clusterer.apply('bridge', SIZE, withPayloads(null))
  expect(await record(state, split)).toBeLessThan(12)
  let formed: string[][] = []
  const told = await record(state, () => {
    formed = announce(stores).formed.map(({ attackers }) => [...attackers])
  })
  expect(told).toBeLessThan(4)
  expect(formed.map(({ length }) => length)).toEqual([SIZE / 2, SIZE / 2, 1])
})

test('with nothing in memory, who joins all holders of a payload runs again a few times', async () => {
  const { clusterer, state } = await openOn(await bridgedHalves())
  const join = () => void clusterer.apply('newcomer', SIZE + 1, withPayloads(null, 'p'))
  expect(await record(state, join)).toBeLessThan(12)
})

test('with nothing in memory, a value that crosses the limit has its profile run again a few times', async () => {
  const disk = new MemoryDisk()
  const first = await openOn(disk, SIZE)
  for (let i = 0; i < SIZE; i++) {
    const features = withPayloads('go', `pair-${i >> 1}`)
    await record(first.state, () => void first.clusterer.apply(`a${i}`, i, features))
  }
  await leave(first.state)
  const generic = await openOn(disk, SIZE)
  const features = withPayloads('go')
  const dissolve = () => void generic.clusterer.apply('b', SIZE, features)
  expect(await record(generic.state, dissolve)).toBeLessThan(12)
  await leave(generic.state)
  // The limit was raised: the next holder finds the value specific.
  const specific = await openOn(disk, 2 * SIZE)
  const join = () => void specific.clusterer.apply('c', SIZE + 1, features)
  expect(await record(specific.state, join)).toBeLessThan(12)
})
