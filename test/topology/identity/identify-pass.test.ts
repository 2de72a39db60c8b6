import { expect, test } from 'vitest'
import { PENDING_TOUCHED } from '../../../topology/identity/cluster-keys.ts'
import type { HardFeatures } from '../../../topology/identity/features.ts'
import { IdentifyPass } from '../../../topology/identity/identify-pass.ts'
import { IDENTITY_STORES, openIdentityStores } from '../../../topology/identity/identity-stores.ts'
import { IncrementalClusterer } from '../../../topology/identity/incremental-clusterer.ts'
import { MemoryStore } from '../../support/memory-store.ts'

function having(ja3: string, payload: string, endpoint: string): HardFeatures {
  return { ja3, hassh: null, payloadHashes: new Set([payload]), c2Endpoints: new Set([endpoint]) }
}

test('an identity does not grow from what was told of it while news of its members wait', () => {
  const rows = new Map(IDENTITY_STORES.map((spec) => [spec.name, new MemoryStore(spec)]))
  const stores = openIdentityStores((name) => rows.get(name) as never)
  const clusterer = new IncrementalClusterer(stores, Infinity)
  const tell = (attacker: string, firstSeen: number, features: HardFeatures) => {
    clusterer.apply(attacker, firstSeen, features)
    stores.pending.put(PENDING_TOUCHED + attacker, '')
  }
  tell('a', 1, having('one', 'p', 'c'))
  tell('d', 2, having('two', 'q', 'gone'))
  new IdentifyPass(stores).run(1)

  tell('a', 1, having('one', 'p', 'other'))
  tell('d', 2, having('two', 'q', 'now'))
  tell('e', 3, having('two', 'new', 'now'))
  const { announcement, messages } = new IdentifyPass(stores, 1).run(2)

  expect(announcement.left).toBeGreaterThan(0)
  const ofD = messages.filter(({ firstSeen }) => firstSeen === 2)
  expect(ofD).toMatchObject([{ payloadHashes: ['new', 'q'], c2Endpoints: ['now'] }])
})
