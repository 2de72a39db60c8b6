import { REFERENCE_TICK_MS } from '../attribution/reference-multi-actor-processor.ts'
import type { StoreSpec } from '../store.ts'
import type { Topology } from '../topology.ts'
import type { IdentityStore } from './clusterer.ts'
import { clustererNamed, DEFAULT_CLUSTERER } from './clusterers.ts'
import { IDENTIFY, type IdentityOptions } from './identity-options.ts'
import { addIdentitySinks } from './identity-sinks.ts'
import { identitiesStore, identityHistoryStore } from './identity-stores.ts'
import { ReferenceIdentifyProcessor } from './reference-identify-processor.ts'
import {
  referenceAttackersStore,
  referenceIdentitiesStore,
  referenceSightingsStore,
} from './reference-rows.ts'

const REFERENCE_STORES: readonly StoreSpec<unknown>[] = [
  referenceAttackersStore,
  referenceIdentitiesStore,
  referenceSightingsStore,
  identitiesStore,
  identityHistoryStore,
]

/**
 * `identify` under the reference policy.
 * @param intercept see the processor's options
 * @throws {TopologyError} the clusterer is not known
 */
export function addReferenceIdentity(
  topology: Topology,
  options: Omit<IdentityOptions, 'genericEvidenceLimit' | 'health' | 'policy'>,
  intercept: (store: IdentityStore) => IdentityStore = (store) => store,
): void {
  const { features, moves, parents, referencePassMs = REFERENCE_TICK_MS, serdes } = options
  const clusterer = clustererNamed(options.clusterer ?? DEFAULT_CLUSTERER).pass
  topology.addProcessor(
    IDENTIFY,
    () => new ReferenceIdentifyProcessor({ moves, features, clusterer, intercept }),
    {
      parents,
      stores: REFERENCE_STORES,
      punctuation: { clock: 'wall-clock', intervalMs: referencePassMs },
    },
  )
  addIdentitySinks(topology, serdes)
}
