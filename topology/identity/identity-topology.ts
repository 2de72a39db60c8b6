import type { Topology } from '../topology.ts'
import { clustererNamed, DEFAULT_CLUSTERER } from './clusterers.ts'
import { IDENTIFY_WORKER_STORE, IdentifyProcessor } from './identify-processor.ts'
import { IDENTIFY, type IdentityOptions } from './identity-options.ts'
import { addIdentitySinks } from './identity-sinks.ts'
import { IDENTITY_STORES } from './identity-stores.ts'
import { addReferenceIdentity } from './reference-identity-topology.ts'

/** From a change to its announcement, at most: what comes in between is announced together. */
const PASS_INTERVAL_MS = 250

/**
 * Adds `identify`, which is one task: who is one identity can turn on any two attackers.
 *
 * @throws {TopologyError} the clusterer is not known
 */
export function addIdentity(topology: Topology, options: IdentityOptions): void {
  if (options.policy === 'reference') {
    addReferenceIdentity(topology, options)
    return
  }
  const { features, genericEvidenceLimit, health, moves, parents, serdes } = options
  const clusterer = clustererNamed(options.clusterer ?? DEFAULT_CLUSTERER)
  topology.addProcessor(
    IDENTIFY,
    () => new IdentifyProcessor({ clusterer, genericEvidenceLimit, health, moves, features }),
    {
      parents,
      stores: [...IDENTITY_STORES, IDENTIFY_WORKER_STORE],
      punctuation: { clock: 'wall-clock', intervalMs: PASS_INTERVAL_MS },
    },
  )
  addIdentitySinks(topology, serdes)
}
