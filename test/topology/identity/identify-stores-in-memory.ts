import type { ByteString } from '../../../bytes/byte-string.ts'
import type { ClusterMember } from '../../../topology/identity/cluster-member.ts'
import type { EvidenceHead } from '../../../topology/identity/evidence-head.ts'
import {
  identityAttackersStore,
  identityComponentsStore,
  identityEvidenceStore,
  identityPendingStore,
  identityPostingsStore,
} from '../../../topology/identity/identify-stores.ts'
import type { Presence } from '../../../topology/clustering/presence.ts'
import { MemoryStore } from '../../support/memory-store.ts'

export interface MemoryIdentifyStores {
  readonly attackers: MemoryStore<ClusterMember>
  readonly evidence: MemoryStore<EvidenceHead>
  readonly postings: MemoryStore<Presence>
  readonly components: MemoryStore<number>
  readonly pending: MemoryStore<ByteString>
}

export function identifyStoresInMemory(): MemoryIdentifyStores {
  return {
    attackers: new MemoryStore(identityAttackersStore),
    evidence: new MemoryStore(identityEvidenceStore),
    postings: new MemoryStore(identityPostingsStore),
    components: new MemoryStore(identityComponentsStore),
    pending: new MemoryStore(identityPendingStore),
  }
}
