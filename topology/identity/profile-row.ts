import type { AttackerProfile, Credential, PhaseCommands } from '../../schemas/records.ts'
import type { ClusterMember } from './cluster-member.ts'
import { credentialKey, type Features } from './features.ts'
import { fingerprintEntries, seenByKind } from './fingerprints.ts'
import { type Bounds, newestTexts, takenTexts } from './taken-texts.ts'

/**
 * A row of `identity-profiles`: what an attacker's profile tells beyond what it is clustered by,
 * for its identity's row and for explanations.
 */
export interface ProfileRow {
  /** Epoch seconds. */
  readonly lastSeen: number
  readonly asn: number | null
  /** Each once, the newest last: by that one the attacker is clustered. */
  readonly ja3: readonly string[]
  readonly hassh: readonly string[]
  readonly tlsCertSha256: readonly string[]
  readonly credentials: readonly Credential[]
  readonly commands: readonly PhaseCommands[]
}

/** Of one kind. */
const FINGERPRINTS_TAKEN: Bounds = { itemsMax: 256, bytesMax: 64 * 1_024 }
const CREDENTIALS_TAKEN: Bounds = { itemsMax: 1_024, bytesMax: 256 * 1_024 }
/** Of all phases together. */
const COMMANDS_TAKEN: Bounds = { itemsMax: 1_024, bytesMax: 256 * 1_024 }

/** Together with its rows' other fields less than a record may have. */
export interface ProfileTaken {
  readonly row: ProfileRow
  /** Fingerprints, credentials and commands beyond what is taken; repeats do not count. */
  readonly leftOut: number
}

export function takeProfile(profile: AttackerProfile): ProfileTaken {
  const seen = seenByKind(fingerprintEntries(profile.fingerprints))
  const credentials = new Map(
    profile.credentials.map((pair) => [credentialKey(pair.user, pair.password), pair]),
  )
  const commands = new Map(profile.commands.flatMap(commandsByKey))
  const credentialsTaken = takenTexts(credentials.keys(), CREDENTIALS_TAKEN)
  const commandsTaken = takenTexts(commands.keys(), COMMANDS_TAKEN)
  const row: ProfileRow = {
    lastSeen: profile.last_seen,
    asn: profile.asn,
    ja3: newestTexts(seen.ja3, FINGERPRINTS_TAKEN),
    hassh: newestTexts(seen.hassh, FINGERPRINTS_TAKEN),
    tlsCertSha256: newestTexts(seen.tlsCertSha256, FINGERPRINTS_TAKEN),
    credentials: credentialsTaken.map((key) => credentials.get(key)!),
    commands: byPhase(commandsTaken.map((key) => commands.get(key)!)),
  }
  const fingerprintsLeftOut =
    distinct(seen.ja3) -
    row.ja3.length +
    (distinct(seen.hassh) - row.hassh.length) +
    (distinct(seen.tlsCertSha256) - row.tlsCertSha256.length)
  const leftOut =
    fingerprintsLeftOut +
    (credentials.size - credentialsTaken.length) +
    (commands.size - commandsTaken.length)
  return { row, leftOut }
}

/** What an attacker's weight with others is computed from. @param row undefined: only observed */
export function featuresOf(member: ClusterMember, row: ProfileRow | undefined): Features {
  const { credentials = [], commands = [], asn = null } = row ?? {}
  return {
    ja3: member.ja3,
    hassh: member.hassh,
    payloadHashes: member.payloadHashes,
    c2Endpoints: member.c2Endpoints,
    asn,
    credentials: new Set(credentials.map(({ password, user }) => credentialKey(user, password))),
    commandsByPhase: new Map(commands.map(({ commands: texts, phase }) => [phase, new Set(texts)])),
  }
}

interface PhaseCommand {
  readonly phase: string
  readonly command: string
}

function commandsByKey({ commands, phase }: PhaseCommands): (readonly [string, PhaseCommand])[] {
  return commands.map((command) => [`${phase.length}:${phase}${command}`, { phase, command }])
}

function byPhase(commands: readonly PhaseCommand[]): PhaseCommands[] {
  const phases = new Map<string, string[]>()
  for (const { command, phase } of commands) {
    const own = phases.get(phase)
    if (own === undefined) phases.set(phase, [command])
    else own.push(command)
  }
  return [...phases].map(([phase, own]) => ({ phase, commands: own }))
}

function distinct(texts: readonly string[]): number {
  return new Set(texts).size
}
