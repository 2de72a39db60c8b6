import type { StoreSpec } from '../store.ts'
import { type IdentityMember, identityMemberCodec } from './identity-member.ts'
import { OpenProfile } from './open-profile.ts'
import { partialCodec, type SeriesPartial } from './partial.ts'
import { partialToJson, seriesToJson } from './partial-json.ts'
import { PUBLIC_CONTRIBUTOR, SEVERAL_CONTRIBUTORS } from './contributor.ts'
import { type Profile, profileCodec } from './profile.ts'
import { firstPartOf, firstTwoPartsOf } from './store-keys.ts'
import { valueToJson } from '../../schemas/observed-value.ts'

/** Stores of the `attribute` processor. */

const scratch = new OpenProfile()

/** identity, primitive */
export const attributionProfilesStore: StoreSpec<Profile> = {
  name: 'attribution-profiles',
  codec: profileCodec,
  groupOf: firstPartOf,
  toJson: (_key, row) => {
    const profile = row.open(scratch)
    return {
      current_value: valueToJson(profile.currentValue),
      state: profile.state,
      confidence: profile.confidence,
      observation_count: profile.observationCount,
      last_change_ts: profile.lastChangeTs,
      last_observation_ts: profile.lastObservationTs,
      contributor: shownContributor(profile.contributor),
      series: seriesToJson(profile.series),
    }
  },
}

function shownContributor(contributor: string): string {
  if (contributor === SEVERAL_CONTRIBUTORS) return 'several'
  return contributor === PUBLIC_CONTRIBUTOR ? 'public' : 'attacker'
}

/** identity, primitive, contributor; only of profiles that have several */
export const attributionContributionsStore: StoreSpec<SeriesPartial> = {
  name: 'attribution-contributions',
  codec: partialCodec,
  groupOf: firstTwoPartsOf,
  toJson: (_key, partial) => partialToJson(partial),
}

/** identity, attacker */
export const identityMembersStore: StoreSpec<IdentityMember> = {
  name: 'identity-members',
  codec: identityMemberCodec,
  groupOf: firstPartOf,
  toJson: (_key, { firstSeen, updatedTs, cause }) => ({
    first_seen: firstSeen,
    updated_ts: updatedTs,
    cause,
  }),
}
