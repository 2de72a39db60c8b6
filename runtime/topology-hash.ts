import { createHash } from 'node:crypto'
import type { BuiltSubTopology, BuiltTopology } from '../topology/nodes.ts'

/**
 * What a task id means: equal exactly when tasks of the sub-topology have the same stores and
 * the same sources, so that state and committed offsets of one fit the other.
 *
 * Topics of the outside are left out: another input topic changes what is read, not what is kept.
 */
export function subTopologyHash({ id, sources, stores }: BuiltSubTopology): string {
  const shape = [
    id,
    sources.map(({ name, isRepartition }) => [name, isRepartition]).sort(),
    stores.map(({ name }) => name).sort(),
  ]
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 16)
}

/** Equal exactly for topologies whose tasks are the same. */
export function topologyHash({ subTopologies }: BuiltTopology): string {
  const hashes = subTopologies.map(subTopologyHash)
  return createHash('sha256').update(hashes.join()).digest('hex').slice(0, 16)
}
