import type { ByteString } from '../../bytes/byte-string.ts'
import { TopologyError } from '../errors.ts'
import type { Clusterer } from './clusterer.ts'
import { connectedComponents } from './connected-components.ts'
import type { HardFeatures } from './features.ts'
import type { IdentifyStores } from './identify-stores.ts'
import { IncrementalClusterer, type ProfileApplied } from './incremental-clusterer.ts'

/**
 * Keeps in its stores which attackers are one identity while their profiles change, and what of it
 * is to be announced. Port, as {@link Clusterer}.
 */
export interface LiveClusterer {
  apply(attacker: ByteString, firstSeen: number, features: HardFeatures): ProfileApplied
}

/** One way to cluster, in both its forms. */
export interface ClustererForms {
  /** Over everything at once: the reference policy. */
  readonly pass: Clusterer
  /** The streaming policy. */
  live(stores: IdentifyStores, genericLimit: number): LiveClusterer
}

const FORMS: Readonly<Record<string, ClustererForms>> = {
  [connectedComponents.name]: {
    pass: connectedComponents,
    live: (stores, genericLimit) => new IncrementalClusterer(stores, genericLimit),
  },
}

export const DEFAULT_CLUSTERER = connectedComponents.name

/** @throws {TopologyError} there is none of this name */
export function clustererNamed(name: string): ClustererForms {
  const forms = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined
  if (forms !== undefined) return forms
  throw new TopologyError(
    'TOPOLOGY_INVALID_OPTION',
    `clusterer ${JSON.stringify(name)} is not known. ` +
      `Choose one of: ${Object.keys(FORMS).join(', ')}.`,
  )
}
