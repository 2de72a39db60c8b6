import { fromByteString } from '../../bytes/byte-string.ts'
import { TopologyTestDriver, type PipedRecord } from '../../runtime/topology-test-driver.ts'
import type {
  CampaignAssigned,
  CampaignFormed,
  CampaignMerged,
  CampaignUnmerged,
} from '../../schemas/cluster-records.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { CampaignNews } from '../../topology/campaign/campaign-outcome.ts'
import { visitsOf } from '../../topology/campaign/decky-visit.ts'
import type { IdentityMessage } from '../../topology/campaign/identity-message.ts'
import type {
  ReferenceCampaign,
  ReferenceCampaignIdentity,
} from '../../topology/campaign/reference-campaign-rows.ts'
import { addReferenceCampaign } from '../../topology/campaign/reference-campaign-topology.ts'
import { Topology } from '../../topology/topology.ts'
import { FailingCampaignStore } from '../support/failing-campaign-store.ts'
import type { Fault } from '../support/told-faults.ts'
import { type CampaignEdit, evidenceOf, sightingsOf } from './campaign-edit.ts'
import type { CampaignTick, CampaignTicker } from './campaign-ticker.ts'
import { campaignVectorSerdes, read, write } from './vector-serdes.ts'

const MESSAGES = 'identity-messages'
const TICK_MS = 60_000

/** `campaign` under the reference policy in a test driver: identities in, public records out. */
export class CampaignTickDriver implements CampaignTicker {
  readonly #driver: TopologyTestDriver
  readonly #queued: (PipedRecord & { readonly topic: string })[] = []
  readonly #mergedInto = new Map<string, string | null>()
  #faults: readonly Fault[] = []
  #newIds: readonly string[] = []

  constructor() {
    const topology = new Topology().addSource('messages', {
      topics: [MESSAGES],
      deserializer: (raw) => read(raw) as IdentityMessage,
    })
    addReferenceCampaign(
      topology,
      { parents: ['messages'], serdes: campaignVectorSerdes },
      (store) => new FailingCampaignStore(store, this.#faults, this.#newIds),
    )
    this.#driver = new TopologyTestDriver(topology.build())
  }

  apply(edit: CampaignEdit): void {
    const isNew = edit.edit === 'add_identity'
    const identity = isNew ? edit.row.uuid : edit.identity
    if (isNew) this.#mergedInto.set(identity, edit.row.merged_into_uuid)
    const message: IdentityMessage = {
      identity,
      firstSeen: 0,
      mergedInto: this.#mergedInto.get(identity) ?? null,
      ...evidenceOf(isNew ? edit.row : edit),
      visits: [...visitsOf(sightingsOf(edit))],
    }
    this.#queued.push({ topic: MESSAGES, key: identity, value: write(message), timestampMs: 0 })
  }

  async pass(faults: readonly Fault[], newIds: readonly string[]): Promise<CampaignTick> {
    this.#faults = faults
    this.#newIds = newIds
    const driver = this.#driver
    await driver.pipeBatch(this.#queued.splice(0))
    await driver.advanceWallClock(TICK_MS)
    const [failure] = [...driver.failures, ...driver.deadLetters]
    if (failure !== undefined) throw new Error('the topology failed', { cause: failure })
    const identities = driver.store<ReferenceCampaignIdentity>('reference-campaign-identities')
    const campaigns = driver.store<ReferenceCampaign>('reference-campaigns')
    return {
      news: this.#news(),
      links: (await identities.entries()).map(([key, row]) => [fromByteString(key), row.campaign]),
      merges: (await campaigns.entries()).map(([key, row]) => [
        fromByteString(key),
        row.mergedInto,
      ]),
    }
  }

  #news(): CampaignNews {
    const take = <V>(topic: string): V[] =>
      this.#driver.readValues(topic, read).map(({ value }) => value as V)
    const formed = take<CampaignFormed>(PUBLIC_TOPICS['campaign-formed'])
    const assigned = take<CampaignAssigned>(PUBLIC_TOPICS['campaign-identity-assigned'])
    const told = take<CampaignAssigned>(PUBLIC_TOPICS['identity-campaign-assigned'])
    if (told.length !== assigned.length + formed.flatMap((each) => each.identity_uuids).length) {
      throw new Error('identities were not told of their campaigns')
    }
    return {
      formed: formed.map((record) => ({
        campaign: record.campaign_uuid,
        identities: record.identity_uuids,
      })),
      assigned: assigned.map((record) => ({
        campaign: record.campaign_uuid,
        identity: record.identity_uuid,
      })),
      merged: take<CampaignMerged>(PUBLIC_TOPICS['campaign-merged']).map((record) => ({
        winner: record.winner_uuid,
        loser: record.loser_uuid,
      })),
      unmerged: take<CampaignUnmerged>(PUBLIC_TOPICS['campaign-unmerged']).map((record) => ({
        resurrected: record.resurrected_uuid,
        formerWinner: record.former_winner_uuid,
      })),
    }
  }
}
