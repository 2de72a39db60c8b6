import type { RecordName } from './record-types.ts'

/** The public topic of each record, unless configured otherwise; dead letters go to `<app>-dlq`. */
export const PUBLIC_TOPICS: Readonly<Record<RecordName, string>> = {
  observation: 'attacker.observation',
  'attacker-profile': 'attacker.observed',
  'identity-link': 'identity.link',
  'identity-observation': 'identity.observation',
  'state-changed': 'attribution.profile.state_changed',
  'multi-actor-suspected': 'attribution.profile.multi_actor_suspected',
  'multi-actor-cleared': 'attribution.profile.multi_actor_cleared',
  'dead-letter': 'attribution-dlq',
  'identity-formed': 'identity.formed',
  'identity-observation-linked': 'identity.observation.linked',
  'identity-merged': 'identity.merged',
  'identity-unmerged': 'identity.unmerged',
  'evidence-generic': 'identity.evidence.generic',
  'campaign-formed': 'campaign.formed',
  'campaign-identity-assigned': 'campaign.identity.assigned',
  'identity-campaign-assigned': 'identity.campaign.assigned',
  'campaign-merged': 'campaign.merged',
  'campaign-unmerged': 'campaign.unmerged',
  'technique-tag': 'ttp.tag',
}

/** Subject of a topic's values in a schema registry: Confluent's TopicNameStrategy. */
export function valueSubject(topic: string): string {
  return `${topic}-value`
}
