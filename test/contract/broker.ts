import { afterAll, beforeAll, describe } from 'vitest'
import { compactionCases } from './broker/compaction.ts'
import { fencingCases } from './broker/fencing.ts'
import { groupCases } from './broker/groups.ts'
import type { BrokerHarness, OpenBroker } from './broker/harness.ts'
import { offsetCases } from './broker/offsets.ts'
import { produceFetchCases } from './broker/produce-fetch.ts'
import { staticMemberCases } from './broker/static-members.ts'
import { topicCases } from './broker/topics.ts'
import { transactionCases } from './broker/transactions.ts'

/**
 * What every implementation of the broker port does.
 *
 * Asserts only what Apache Kafka promises: names are new in each case, offsets need not be dense,
 * and what a broker does in its own time is waited for.
 */
export function brokerContract(harness: BrokerHarness): void {
  describe(`broker contract: ${harness.name}`, { timeout: 60_000 }, () => {
    let open: OpenBroker
    beforeAll(async () => {
      open = await harness.open()
    }, 120_000)
    afterAll(async () => {
      await open.close()
    })
    const shared = (): OpenBroker => open
    topicCases(shared)
    produceFetchCases(shared)
    offsetCases(shared)
    transactionCases(shared)
    fencingCases(shared)
    groupCases(shared, harness)
    staticMemberCases(shared, harness)
    compactionCases(shared)
  })
}
