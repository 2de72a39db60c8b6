import type { RecordName, SingleTopicRecordName } from './record-types.ts'
import { WORKERS, type WorkerName } from './worker-records.ts'

/**
 * The public topic of each record that has one, unless configured otherwise; dead letters go to
 * `<app>-dlq`. Records of workers have a topic a worker: {@link workerTopic}.
 */
export const PUBLIC_TOPICS: Readonly<Record<SingleTopicRecordName, string>> = {
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

export function workerTopic(worker: WorkerName, kind: 'health' | 'control'): string {
  return `system.${worker}.${kind}`
}

/** Every public topic that holds the record. */
export function topicsOf(record: RecordName): readonly string[] {
  switch (record) {
    case 'worker-health':
      return WORKERS.map((worker) => workerTopic(worker, 'health'))
    case 'worker-control':
      return WORKERS.map((worker) => workerTopic(worker, 'control'))
    default:
      return [PUBLIC_TOPICS[record]]
  }
}

/** Subject of a topic's values in a schema registry: Confluent's TopicNameStrategy. */
export function valueSubject(topic: string): string {
  return `${topic}-value`
}
