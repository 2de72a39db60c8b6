import { expect, expectTypeOf, test } from 'vitest'
import { WORKERS } from '../../schemas/worker-records.ts'
import * as rows from '../../state/attribution-rows.ts'
import * as identities from '../../state/identity-rows.ts'
import { workerStoreName, type WorkerStateRow } from '../../state/worker-rows.ts'
import type { AttackerLink } from '../../topology/attribution/attacker-link.ts'
import {
  attributionProfilesStore,
  identityMembersStore,
} from '../../topology/attribution/attribute-stores.ts'
import type { IdentityMember } from '../../topology/attribution/identity-member.ts'
import { multiActorWindowsStore } from '../../topology/attribution/multi-actor-processor.ts'
import type { MultiActorWindow } from '../../topology/attribution/multi-actor-window.ts'
import type { ObservationRow } from '../../topology/attribution/observation-row.ts'
import type { Profile } from '../../topology/attribution/profile.ts'
import {
  attackerLinksStore,
  attackerObservationsStore,
} from '../../topology/attribution/resolve-stores.ts'
import {
  identityAttackersStore,
  identityComponentsStore,
} from '../../topology/identity/identify-stores.ts'
import type { IdentityEvent } from '../../topology/identity/identity-event.ts'
import type { IdentityRow } from '../../topology/identity/identity-row.ts'
import { identitiesStore, identityHistoryStore } from '../../topology/identity/identity-stores.ts'
import { type WorkerRow, workerStore } from '../../topology/worker/worker-row.ts'

test('the rows of the stores are what the API reads of them', () => {
  expectTypeOf<AttackerLink>().toExtend<rows.AttackerLinkRow>()
  expectTypeOf<ObservationRow>().toExtend<rows.AttackerObservationRow>()
  expectTypeOf<Profile>().toExtend<rows.AttributionProfileRow>()
  expectTypeOf<IdentityMember>().toExtend<rows.IdentityMemberRow>()
  expectTypeOf<MultiActorWindow>().toExtend<rows.MultiActorWindowRow>()
})

test('the rows of workers are what the API reads of them, in stores of the names it knows', () => {
  expectTypeOf<WorkerRow>().toExtend<WorkerStateRow>()
  for (const worker of WORKERS) expect(workerStoreName(worker)).toBe(workerStore(worker).name)
})

test('the rows of identities are what the API reads of them, in stores of the names it knows', () => {
  expectTypeOf<IdentityRow>().toExtend<identities.IdentityRow>()
  expectTypeOf<IdentityEvent>().toExtend<identities.IdentityEventRow>()
  expect([
    identities.identitiesStore,
    identities.identityAttackersStore,
    identities.identityComponentsStore,
    identities.identityHistoryStore,
  ]).toEqual([
    identitiesStore.name,
    identityAttackersStore.name,
    identityComponentsStore.name,
    identityHistoryStore.name,
  ])
})

test('the API knows the stores by their names', () => {
  expect([
    rows.attackerLinksStore,
    rows.attackerObservationsStore,
    rows.attributionProfilesStore,
    rows.identityMembersStore,
    rows.multiActorWindowsStore,
  ]).toEqual([
    attackerLinksStore.name,
    attackerObservationsStore.name,
    attributionProfilesStore.name,
    identityMembersStore.name,
    multiActorWindowsStore.name,
  ])
})
