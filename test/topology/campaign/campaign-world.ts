import { rawValue } from '../../../broker/record-batch/record-fields.ts'
import {
  type TestDriverOptions,
  TopologyTestDriver,
} from '../../../runtime/topology-test-driver.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import type { CampaignSerdes } from '../../../topology/campaign/campaign-options.ts'
import { CAMPAIGN_SINKS } from '../../../topology/campaign/campaign-sinks.ts'
import { addCampaign } from '../../../topology/campaign/campaign-topology.ts'
import {
  identityMessageSerializer,
  readIdentityMessage,
} from '../../../topology/campaign/identity-message-codec.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { prefetchCampaign } from '../../../topology/campaign/campaign-prefetch.ts'
import { Topology } from '../../../topology/topology.ts'
import { write } from '../../vectors/vector-serdes.ts'

const JSON_SERDES: CampaignSerdes = {
  formed: write,
  identityAssigned: write,
  campaignAssigned: write,
  merged: write,
  unmerged: write,
}

const IDENTITIES = 'identity-features'
const INTERVAL_MS = 250

export interface CampaignNewsRecord {
  readonly topic: string
  readonly key: string | null
  readonly value: unknown
}

/** The campaign sub-topology alone, fed with identities, and what comes of them. */
export class CampaignWorld {
  readonly driver: TopologyTestDriver
  readonly #serialize = identityMessageSerializer()

  constructor(genericEvidenceLimit = 1_000, options: TestDriverOptions = {}) {
    const topology = new Topology().addSource(IDENTITIES, {
      topics: [IDENTITIES],
      deserializer: readIdentityMessage,
      prefetch: prefetchCampaign,
    })
    addCampaign(topology, {
      parents: [IDENTITIES],
      health: null,
      policy: 'streaming',
      genericEvidenceLimit,
      serdes: JSON_SERDES,
    })
    this.driver = new TopologyTestDriver(topology.build(), options)
  }

  /** Takes messages as one batch. */
  async apply(...messages: readonly IdentityMessage[]): Promise<void> {
    const records = messages.map((message) => ({
      topic: IDENTITIES,
      key: message.identity,
      value: Buffer.from(this.#serialize(message)!),
      timestampMs: this.driver.wallClockMs,
    }))
    await this.driver.pipeBatch(records)
  }

  /** Lets the interval pass. @returns what was published, topic by topic in order */
  async announce(): Promise<CampaignNewsRecord[]> {
    await this.driver.advanceWallClock(INTERVAL_MS)
    return Object.values(CAMPAIGN_SINKS).flatMap((sink) => {
      const topic = PUBLIC_TOPICS[sink]
      return this.driver
        .readValues(topic, (raw) => JSON.parse(String(rawValue(raw))) as unknown)
        .map(({ key, value }) => ({ topic, key, value }))
    })
  }

  /** All rows of a store. */
  rows<V>(store: string): Promise<[string, V][]> {
    return this.driver.store<V>(store).entries()
  }
}
