import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import { productSerdes, productTopology } from '../../topology/product-topology.ts'

/** The topology that the product runs by default. */
export function wholeProduct(): BuiltTopology {
  return productTopology({
    attribution: {},
    clusterer: 'connected-components',
    genericEvidenceLimit: 1_000,
    hasWorkers: true,
    serdes: productSerdes(new InProcessRegistry(), 'avro'),
  }).build()
}
