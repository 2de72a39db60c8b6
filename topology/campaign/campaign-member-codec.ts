import type { Codec } from '../../bytes/codec.ts'
import { readByteString, writeByteString } from '../attribution/codecs/byte-string-codec.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import { readTexts, writeTexts } from '../clustering/text-list-codec.ts'
import { type CampaignMember, featuresFrom } from './campaign-member.ts'
import { readVisits, writeVisits } from './decky-visit-codec.ts'

const VERSION = 1
const IS_MERGED = 1
const IS_STALE = 2
const HAS_KEYSTROKES = 4

/**
 *     01, first seen seconds, flags u8, [merged into byte string], root byte string,
 *     campaign string, infrastructure texts, visits (decky-visit-codec.ts),
 *     [centroid: high varint, low varint]
 */
export const campaignMemberCodec: Codec<CampaignMember> = {
  encode({ campaign, features, firstSeen, isStale, mergedInto, root }, into) {
    const { infrastructure, keystrokes, visits } = features
    into.u8(VERSION)
    writeSeconds(into, firstSeen)
    into.u8(
      (mergedInto === null ? 0 : IS_MERGED) |
        (isStale ? IS_STALE : 0) |
        (keystrokes === null ? 0 : HAS_KEYSTROKES),
    )
    if (mergedInto !== null) writeByteString(into, mergedInto)
    writeByteString(into, root)
    into.string(campaign)
    writeTexts(into, [...infrastructure])
    writeVisits(into, visits.size, visits)
    if (keystrokes === null) return
    into.varint(keystrokes.high)
    into.varint(keystrokes.low)
  },
  decode(from) {
    checkVersion(from, 'campaign member', VERSION)
    const firstSeen = readSeconds(from)
    const flags = from.u8()
    const mergedInto = (flags & IS_MERGED) === 0 ? null : readByteString(from)
    const root = readByteString(from)
    const campaign = from.string()
    const infrastructure = new Set(readTexts(from))
    const visits = new Map(readVisits(from))
    const keystrokes =
      (flags & HAS_KEYSTROKES) === 0 ? null : { high: from.varint(), low: from.varint() }
    const features = featuresFrom(infrastructure, visits, keystrokes)
    return { firstSeen, mergedInto, root, campaign, isStale: (flags & IS_STALE) !== 0, features }
  },
}
