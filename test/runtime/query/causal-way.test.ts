import { expect, test } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import { wayTo } from '../../../runtime/query/causal-way.ts'
import { planTopics } from '../../../runtime/topic-plan.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { Topology } from '../../../topology/topology.ts'
import { decodeText, encodeText, pass } from '../../support/tiny-topologies.ts'

const codec = { serializer: encodeText, deserializer: decodeText }

/**
 * ```
 * in → 0 ⇄ 2 → 3     0 re-keys to itself
 *      0 → 1
 * ```
 */
const topology = new Topology()
  .addSource('in', { topics: ['in'], deserializer: decodeText })
  .addProcessor('first', pass, { parents: ['in', 'rekey', 'back'] })
  .addRepartition('rekey', { parents: ['first'], ...codec })
  .addRepartition('aside', { parents: ['first'], ...codec })
  .addProcessor('second', pass, { parents: ['aside'] })
  .addRepartition('onward', { parents: ['first'], partitions: 1, ...codec })
  .addSource('told', { topics: ['told'], partitions: 1, deserializer: decodeText })
  .addProcessor('third', pass, { parents: ['onward', 'told'] })
  .addRepartition('back', { parents: ['third'], ...codec })
  .addRepartition('last', { parents: ['third'], partitions: 1, ...codec })
  .addProcessor('fourth', pass, { parents: ['last'] })
  .build()

async function way(target: number) {
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  const plan = await planTopics('app', topology, broker, [
    { name: 'in', partitions: 3 },
    { name: 'told', partitions: 1 },
  ])
  const { between, readers } = wayTo(target, 'app', topology, plan)
  const short = (topic: string) => topic.replace(/^app-(.+)-repartition$/, '$1')
  return {
    inputs: [...readers.keys()].filter((topic) => !topic.startsWith('app-')).sort(),
    between: [...between.keys()].map(short).sort(),
  }
}

test('of a loop between sub-topologies only what leads on is on the way', async () => {
  // From what only the third reads, the way to the second leads back through the first.
  expect(await way(1)).toEqual({ inputs: ['in', 'told'], between: ['aside', 'back', 'rekey'] })
  expect(await way(2)).toEqual({ inputs: ['in', 'told'], between: ['onward', 'rekey'] })
  expect(await way(3)).toEqual({ inputs: ['in', 'told'], between: ['last', 'onward', 'rekey'] })
})

test('to a sub-topology in the loop the way is not round the loop', async () => {
  expect(await way(0)).toEqual({ inputs: ['in', 'told'], between: ['back', 'rekey'] })
})
