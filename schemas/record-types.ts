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
}

export type RecordName = keyof RecordTypes

/** What can be read: each record whole, and projections that skip what nobody needs. */
export interface ViewTypes extends RecordTypes {
  'observation-view': ObservationView
  'identity-observation-view': IdentityObservationView
}

export type ViewName = keyof ViewTypes
