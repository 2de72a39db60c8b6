import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { attributionTopology } from '../../topology/attribution/attribution-topology.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'

/** The schema with id 1 that the peer's generator writes, as any producer has one of its own. */
const PEER_OBSERVATION = {
  type: 'record',
  name: 'Observation',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'v', type: 'int' },
    { name: 'identity_uuid', type: 'string' },
    { name: 'attacker_uuid', type: 'string' },
    { name: 'primitive', type: 'string' },
    { name: 'value', type: ['null', 'boolean', 'double', 'string'] },
    { name: 'confidence', type: 'double' },
    { name: 'ts', type: 'double' },
    { name: 'evidence_ref', type: 'string' },
    { name: 'source', type: 'string' },
  ],
}

/** Attribution without a clusterer, reading the peer's records beside its own. */
export function peerTopology(): BuiltTopology {
  return attributionTopology({
    observationTopics: ['attacker.observation'],
    outputFormat: 'avro',
    registry: new InProcessRegistry(new Map([[1, PEER_OBSERVATION]])),
  }).build()
}
