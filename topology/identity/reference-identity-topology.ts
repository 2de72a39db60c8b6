import type { Topology } from '../topology.ts'
import type { IdentityStore } from './clusterer.ts'
import { IDENTIFY, type IdentityOptions } from './identity-options.ts'
import { addIdentitySinks } from './identity-sinks.ts'
import { ReferenceIdentifyProcessor } from './reference-identify-processor.ts'
import {
  referenceAttackersStore,
  referenceIdentitiesStore,
  referenceSightingsStore,
} from './reference-rows.ts'

const REFERENCE_PASS_MS = 60_000

/** `identify` under the reference policy. @param intercept see the processor's options */
export function addReferenceIdentity(
  topology: Topology,
  {
    features,
    moves,
    parents,
    serdes,
  }: Pick<IdentityOptions, 'features' | 'moves' | 'parents' | 'serdes'>,
  intercept: (store: IdentityStore) => IdentityStore = (store) => store,
): void {
  topology.addProcessor(
    IDENTIFY,
    () => new ReferenceIdentifyProcessor({ moves, features, intercept }),
    {
      parents,
      stores: [referenceAttackersStore, referenceIdentitiesStore, referenceSightingsStore],
      punctuation: { clock: 'wall-clock', intervalMs: REFERENCE_PASS_MS },
    },
  )
  addIdentitySinks(topology, serdes)
}
