import type {
  CampaignAssigned,
  CampaignFormed,
  CampaignMerged,
  CampaignUnmerged,
} from '../../../schemas/cluster-records.ts'
import type { Findings } from '../findings.ts'
import type { News } from './cluster-evidence.ts'

/**
 * Which campaign each identity is in, as whoever follows the news of campaigns knows it; of
 * identities that were merged out it is what was known last.
 *
 * Finds what cannot be, in that order, and what was told twice.
 */
export class NewsOfCampaigns {
  /** Identity → campaign, by the campaigns' own topics. */
  readonly campaigns = new Map<string, string>()
  readonly living = new Set<string>()
  /** Of each identity what it was assigned to, in order: by both kinds of record. */
  readonly #byCampaigns = new Map<string, string[]>()
  readonly #byIdentities = new Map<string, string[]>()
  readonly #findings: Findings

  constructor(findings: Findings) {
    this.#findings = findings
  }

  hear({ record, value }: News): void {
    switch (record) {
      case 'campaign-formed':
        this.#formed(value as CampaignFormed)
        return
      case 'campaign-identity-assigned':
        this.#assigned(value as CampaignAssigned)
        return
      case 'identity-campaign-assigned': {
        const { campaign_uuid, identity_uuid } = value as CampaignAssigned
        note(this.#byIdentities, identity_uuid, campaign_uuid)
        return
      }
      case 'campaign-merged':
        this.#merged(value as CampaignMerged)
        return
      case 'campaign-unmerged': {
        const { resurrected_uuid } = value as CampaignUnmerged
        if (this.living.has(resurrected_uuid)) this.#twice('un-merged', resurrected_uuid)
        this.living.add(resurrected_uuid)
      }
    }
  }

  /** When all is heard: the identities' own topic says the same. */
  conclude(): void {
    this.#findings.compare('assignments of identity', this.#byCampaigns, this.#byIdentities)
  }

  #formed({ campaign_uuid, identity_uuids }: CampaignFormed): void {
    if (this.living.has(campaign_uuid)) this.#twice('formed', campaign_uuid)
    this.living.add(campaign_uuid)
    for (const identity of identity_uuids) {
      if (this.campaigns.has(identity)) this.#twice(`formed ${campaign_uuid} with`, identity)
      this.campaigns.set(identity, campaign_uuid)
      note(this.#byCampaigns, identity, campaign_uuid)
    }
  }

  #assigned({ campaign_uuid, identity_uuid, prior_campaign_uuid: prior }: CampaignAssigned): void {
    const known = this.campaigns.get(identity_uuid)
    if (prior !== null && prior !== known) {
      this.#findings.add(`news: ${identity_uuid} left ${prior}, but was in ${known}`)
    }
    if (prior === campaign_uuid) this.#twice('assigned', identity_uuid)
    this.campaigns.set(identity_uuid, campaign_uuid)
    note(this.#byCampaigns, identity_uuid, campaign_uuid)
  }

  #merged({ loser_uuid, winner_uuid }: CampaignMerged): void {
    if (!this.living.delete(loser_uuid)) this.#twice('merged', loser_uuid)
    for (const [identity, campaign] of this.campaigns) {
      if (campaign === loser_uuid) this.campaigns.set(identity, winner_uuid)
    }
  }

  #twice(what: string, whom: string): void {
    this.#findings.add(`news: ${what} ${whom}, which it is already`)
  }
}

function note(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}
