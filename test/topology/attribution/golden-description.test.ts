import { expect, test } from 'vitest'
import { InProcessRegistry } from '../../../schemas/in-process-registry.ts'
import { attributionTopology } from '../../../topology/attribution/attribution-topology.ts'
import { describe } from '../../../topology/describe.ts'

/**
 * Names of nodes and stores become topics and directories: a change orphans state. So the
 * description of the product's topology is golden, and a change of it is made on purpose
 * (`npx vitest run -u` on this file) together with what the CHANGELOG must say.
 */
test('the topology of the product is the one that state on disk was written by', async () => {
  const registry = new InProcessRegistry()
  const { text } = describe(attributionTopology({ registry, outputFormat: 'avro' }).build())
  await expect(`${text}\n`).toMatchFileSnapshot('./golden/topology.txt')
})
