import { expect, test } from 'vitest'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { attributionTopology } from '../../topology/attribution/attribution-topology.ts'
import { describe } from '../../topology/describe.ts'
import {
  productSerdes,
  productTopology,
  type ProductTopologyOptions,
} from '../../topology/product-topology.ts'

const registry = new InProcessRegistry()

function described(options: Partial<ProductTopologyOptions> = {}): string {
  const topology = productTopology({
    attribution: {},
    clusterer: 'connected-components',
    genericEvidenceLimit: 1_000,
    hasWorkers: true,
    serdes: productSerdes(registry, 'avro'),
    ...options,
  })
  return describe(topology.build()).text
}

/**
 * Names of nodes and stores become topics and directories: a change orphans state. So the
 * description is golden, and a change of it is made on purpose together with what the CHANGELOG
 * must say.
 */
test('the topology of the product is the one that state on disk was written by', async () => {
  await expect(`${described()}\n`).toMatchFileSnapshot('./golden/product.txt')
})

test('without a clusterer the product is attribution alone', () => {
  const attribution = attributionTopology({ registry, outputFormat: 'avro' }).build()
  expect(described({ clusterer: 'none' })).toBe(describe(attribution).text)
})

test('without workers nothing listens to commands', () => {
  const silent = described({ hasWorkers: false })
  expect(described()).toContain('system.identify.control')
  expect(silent).not.toContain('system.')
  expect(described({ attribution: { policy: 'reference' } })).not.toContain('system.')
})
