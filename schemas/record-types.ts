import type {
  CampaignAssigned,
  CampaignFormed,
  CampaignMerged,
  CampaignUnmerged,
  EvidenceGeneric,
  IdentityFormed,
  IdentityMerged,
  IdentityObservationLinked,
  IdentityUnmerged,
  TechniqueTag,
} from './cluster-records.ts'
import type {
  AttackerProfile,
  DeadLetter,
  IdentityLink,
  IdentityObservation,
  IdentityObservationView,
  MultiActorCleared,
  MultiActorSuspected,
  Observation,
  ObservationView,
  StateChanged,
} from './records.ts'
import type { WorkerControl, WorkerHealth } from './worker-records.ts'

/** The public records by the name of their `.avsc`. */
export interface RecordTypes {
  observation: Observation
  'attacker-profile': AttackerProfile
  'identity-link': IdentityLink
  'identity-observation': IdentityObservation
  'state-changed': StateChanged
  'multi-actor-suspected': MultiActorSuspected
  'multi-actor-cleared': MultiActorCleared
  'dead-letter': DeadLetter
  'identity-formed': IdentityFormed
  'identity-observation-linked': IdentityObservationLinked
  'identity-merged': IdentityMerged
  'identity-unmerged': IdentityUnmerged
  'evidence-generic': EvidenceGeneric
  'campaign-formed': CampaignFormed
  'campaign-identity-assigned': CampaignAssigned
  'identity-campaign-assigned': CampaignAssigned
  'campaign-merged': CampaignMerged
  'campaign-unmerged': CampaignUnmerged
  'technique-tag': TechniqueTag
  'worker-health': WorkerHealth
  'worker-control': WorkerControl
}

export type RecordName = keyof RecordTypes

/** Records of which each worker has a topic of its own. */
export type WorkerRecordName = 'worker-health' | 'worker-control'

export type SingleTopicRecordName = Exclude<RecordName, WorkerRecordName>

/** What can be read: each record whole, and projections that skip what nobody needs. */
export interface ViewTypes extends RecordTypes {
  'observation-view': ObservationView
  'identity-observation-view': IdentityObservationView
}

export type ViewName = keyof ViewTypes
