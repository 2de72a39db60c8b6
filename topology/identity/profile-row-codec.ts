import type { Codec } from '../../bytes/codec.ts'
import { readSeconds, writeSeconds } from '../attribution/codecs/seconds-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import type { ProfileRow } from './profile-row.ts'
import { readTexts, writeTexts } from '../clustering/text-list-codec.ts'

const VERSION = 1

/**
 * `01, last seen seconds, asn + 1 varint (0: not known), texts of ja3, hassh, certificates, number
 * of credentials varint, (user, password)…, number of phases varint, (phase, texts)…`
 */
export const profileRowCodec: Codec<ProfileRow> = {
  encode({ asn, commands, credentials, hassh, ja3, lastSeen, tlsCertSha256 }, into) {
    into.u8(VERSION)
    writeSeconds(into, lastSeen)
    into.varint(asn === null ? 0 : asn + 1)
    writeTexts(into, ja3)
    writeTexts(into, hassh)
    writeTexts(into, tlsCertSha256)
    into.varint(credentials.length)
    for (const { password, user } of credentials) {
      into.string(user)
      into.string(password)
    }
    into.varint(commands.length)
    for (const each of commands) {
      into.string(each.phase)
      writeTexts(into, each.commands)
    }
  },
  decode(from) {
    checkVersion(from, 'profile row', VERSION)
    const lastSeen = readSeconds(from)
    const asn = from.varint()
    const [ja3, hassh, tlsCertSha256] = [readTexts(from), readTexts(from), readTexts(from)]
    const credentials: { user: string; password: string }[] = []
    for (let rest = from.varint(); rest > 0; rest--) {
      credentials.push({ user: from.string(), password: from.string() })
    }
    const commands: { phase: string; commands: readonly string[] }[] = []
    for (let rest = from.varint(); rest > 0; rest--) {
      commands.push({ phase: from.string(), commands: readTexts(from) })
    }
    const known = asn === 0 ? null : asn - 1
    return { lastSeen, asn: known, ja3, hassh, tlsCertSha256, credentials, commands }
  },
}
