import { readFile } from 'node:fs/promises'
import { parse, YAMLParseError } from 'yaml'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { nearestName, suggestion } from './nearest-name.ts'
import {
  flagOf,
  settingKeyOf,
  settingKeys,
  settingNames,
  settings,
  type SettingKey,
} from './settings.ts'

/** Raw values of one place, in the order of precedence they are laid over each other. */
export interface ConfigSource {
  /** `file streams.yaml`, `environment`, `flag`. */
  readonly name: string
  readonly values: ReadonlyMap<SettingKey, unknown>
  /** How this source spells a setting. */
  spell(key: SettingKey): string
  readonly problems: readonly ConfigProblem[]
}

const spellName = (key: SettingKey): string => settings[key].name

/**
 * Reads a YAML or JSON file (JSON is YAML).
 * @throws {ConfigError} unreadable, or not a mapping of settings to values
 */
export async function fileSource(path: string): Promise<ConfigSource> {
  const name = `file ${path}`
  const problems: ConfigProblem[] = []
  const values = new Map<SettingKey, unknown>()
  for (const [key, raw] of Object.entries(await readMapping(path))) {
    const known = settingKeyOf(key)
    if (known === undefined) problems.push(unknownSetting(key, name))
    // `KEY:` without a value is null in YAML: not given, as an empty variable is.
    else if (raw !== null) values.set(known, raw)
  }
  return { name, values, spell: spellName, problems }
}

async function readMapping(path: string): Promise<object> {
  const refuse = (message: string): ConfigError =>
    new ConfigError([{ key: path, source: 'flag --config', message }])
  let content: unknown
  try {
    content = parse(await readFile(path, 'utf8'), { maxAliasCount: 0 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof YAMLParseError) throw refuse(`not valid YAML or JSON: ${message.trim()}`)
    if (code === undefined) throw refuse(message)
    throw refuse(code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`)
  }
  if (content === null) return {}
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw refuse('expected settings as `NAME: value`, one a line')
  }
  return content
}

/** Beginnings that no other program's variables have. */
const ownPrefixes = [
  'API_TOKENS_',
  'ATTRIBUTION_',
  'CHECKPOINT_INTERVAL',
  'COMMIT_INTERVAL',
  'GENERIC_EVIDENCE_',
  'IDENTITY_CLUSTERER',
  'LOG_RETENTION_',
  'MAX_FUTURE_',
  'MULTI_ACTOR_',
  'OBSERVATION_',
]

/** One letter in so many may be a slip; more, or a shorter name, is another program's variable. */
const lettersPerSlip = 8

/**
 * Takes our variables out of the environment. One that only looks like ours is a problem: a
 * misspelt setting must not be passed over in silence.
 */
export function environmentSource(env: NodeJS.ProcessEnv): ConfigSource {
  const problems: ConfigProblem[] = []
  const values = new Map<SettingKey, unknown>()
  for (const [name, raw] of Object.entries(env)) {
    const known = settingKeyOf(name)
    if (known !== undefined) {
      if (raw !== '') values.set(known, raw)
    } else if (looksLikeOurs(name)) problems.push(unknownSetting(name, 'environment'))
  }
  return { name: 'environment', values, spell: spellName, problems }
}

function looksLikeOurs(name: string): boolean {
  if (ownPrefixes.some((prefix) => name.startsWith(prefix))) return true
  const slips = Math.floor(name.length / lettersPerSlip)
  return slips > 0 && nearestName(name, settingNames, slips) !== null
}

/** @param flags text values by flag: `--port` */
export function flagSource(flags: ReadonlyMap<string, string>): ConfigSource {
  const given = settingKeys.filter((key) => flags.has(flagOf(key)))
  return {
    name: 'flag',
    values: new Map(given.map((key) => [key, flags.get(flagOf(key))])),
    spell: flagOf,
    problems: [],
  }
}

function unknownSetting(key: string, source: string): ConfigProblem {
  const nearest = nearestName(key, settingNames)
  return { key, source, message: `no such setting${suggestion(nearest)}` }
}
