import { expect, test } from 'vitest'
import { CacheBudget } from '../../../state/cache-budget.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { MemoryDisk } from '../../../state/memory-disk.ts'
import { TaskState } from '../../../state/task-state.ts'
import { announceCampaigns } from '../../../topology/campaign/campaign-announcement.ts'
import { CAMPAIGN_STORES, openCampaignStores } from '../../../topology/campaign/campaign-stores.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { IncrementalCampaigns } from '../../../topology/campaign/incremental-campaigns.ts'
import { at, record } from '../../support/small-task-state.ts'
import { identity, mergedOut } from './arbitrary-messages.ts'

async function openOn(disk: MemoryDisk) {
  const state = await TaskState.open({
    database: new MemoryDatabase(disk),
    stores: CAMPAIGN_STORES,
    cacheBudget: new CacheBudget(100_000_000),
  })
  const stores = openCampaignStores(state)
  const asked = new Set<string>()
  const campaigns = new IncrementalCampaigns(stores, 1_000, (root) => void asked.add(root))
  return {
    state,
    stores,
    asked,
    campaigns,
    apply: (message: IdentityMessage) => record(state, () => void campaigns.apply(message)),
  }
}

const SIZE = 300

/** Three campaigns of as many payloads that one more payload of all makes one; all on disk. */
async function bigCampaign(): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  const { apply, campaigns, state, stores } = await openOn(disk)
  const keystrokeCentroid = '0123456789abcdef'
  for (let i = 0; i < SIZE; i++) {
    const payloadHashes = [`p${i % 3}`, 'all']
    await apply(identity(`i${i}`, { firstSeen: i, payloadHashes, keystrokeCentroid }))
  }
  await apply(identity('bridge', { firstSeen: SIZE, payloadHashes: ['p0', 'p1', 'p2', 'all'] }))
  await record(state, () => campaigns.computeAnew('i0'))
  await record(state, () => void announceCampaigns(stores, 1))
  state.endBatch()
  state.beginCommit(() => undefined)
  state.commitSucceeded(new Map(CAMPAIGN_STORES.map(({ name }) => [name, at(1)])))
  await state.checkpoint()
  await state.close()
  return disk
}

test('with nothing in memory, a newcomer runs again a few times, not once a candidate', async () => {
  const { apply, state } = await openOn(await bigCampaign())
  expect(await apply(identity('new', { payloadHashes: ['p0', 'p1', 'all'] }))).toBeLessThan(12)
  await state.close()
})

test('with nothing in memory, a root that leaves, what is left, and the news run again a few times', async () => {
  const { apply, asked, campaigns, state, stores } = await openOn(await bigCampaign())
  expect(await apply(mergedOut('i0', 'i1'))).toBeLessThan(12)
  expect([...asked]).toEqual(['i0'])
  expect(await record(state, () => campaigns.computeAnew('i0'))).toBeLessThan(12)
  expect(await record(state, () => void announceCampaigns(stores, 2))).toBeLessThan(5)
  await state.close()
})
