import { isLoopback } from '../../api/safe-binding.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { TopicPattern } from '../../topology/topic-pattern.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { environmentSource, fileSource, flagSource, type ConfigSource } from './config-sources.ts'
import { settingKeys, settings, type ResolvedConfig, type SettingKey } from './settings.ts'

export interface ConfigInputs {
  /** `--config`: a YAML or JSON file. */
  readonly file?: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** By flag: `--port`. */
  readonly flags?: ReadonlyMap<string, string>
}

export interface Resolution {
  readonly config: ResolvedConfig
  /** Where each value came from: `default`, `file streams.yaml`, `environment`, `flag`. */
  readonly sources: Readonly<Record<SettingKey, string>>
}

/**
 * The one configuration: defaults < file < environment < flags, checked once.
 *
 * @throws {ConfigError} naming every problem of every source: nothing may be started
 */
export async function resolveConfig(inputs: ConfigInputs): Promise<Resolution> {
  const layers: ConfigSource[] = []
  if (inputs.file !== undefined) layers.push(await fileSource(inputs.file))
  layers.push(environmentSource(inputs.env), flagSource(inputs.flags ?? new Map()))
  const problems = layers.flatMap((layer) => layer.problems)
  const config: Record<string, unknown> = {}
  const sources: Record<string, string> = {}
  for (const key of settingKeys) {
    const layer = layers.findLast(({ values }) => values.has(key))
    config[key] = settings[key].fallback
    sources[key] = 'default'
    if (layer === undefined) continue
    const value = settings[key].kind.parse(layer.values.get(key))
    if (value === undefined) problems.push(unacceptable(key, layer))
    else config[key] = typeof value === 'object' ? Object.freeze(value) : value
    sources[key] = layer.name
  }
  const resolved = config as unknown as ResolvedConfig
  if (problems.length === 0) problems.push(...problemsTogether(resolved))
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    config: Object.freeze(resolved),
    sources: Object.freeze(sources as Record<SettingKey, string>),
  }
}

function unacceptable(key: SettingKey, layer: ConfigSource): ConfigProblem {
  const { kind, secret, unit } = settings[key]
  const received = secret ? 'something else' : JSON.stringify(layer.values.get(key))
  const inUnit = unit === undefined ? '' : ` of ${unit}`
  return {
    key: layer.spell(key),
    source: layer.name,
    message: `expected ${kind.expected}${inUnit}, received ${received}`,
  }
}

/** Rules that no setting can check alone. */
function problemsTogether(config: ResolvedConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const report = (key: SettingKey, message: string): void => {
    problems.push({ key: settings[key].name, source: 'settings together', message })
  }
  if (config.securityProtocol.startsWith('SASL')) {
    for (const key of ['saslUsername', 'saslPassword'] as const) {
      if (config[key] === null) report(key, `${config.securityProtocol} needs it`)
    }
  }
  if ((config.sslCertificateLocation === null) !== (config.sslKeyLocation === null)) {
    report('sslKeyLocation', 'SSL_CERTIFICATE_LOCATION and SSL_KEY_LOCATION belong together')
  }
  if ((config.schemaRegistryUsername === null) !== (config.schemaRegistryPassword === null)) {
    const names = 'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD'
    report('schemaRegistryPassword', `${names} belong together`)
  }
  if (config.checkpointIntervalMs < config.commitIntervalMs) {
    report(
      'checkpointIntervalMs',
      `expected at least COMMIT_INTERVAL_MS (${config.commitIntervalMs}), ` +
        `received ${config.checkpointIntervalMs}: only what is committed can be checkpointed`,
    )
  }
  if (config.bootstrapServers === null && 'pattern' in config.observationTopics) {
    const why = patternProblem(config.observationTopics.pattern)
    if (why !== null) report('observationTopics', why)
  }
  if ((config.apiTlsCert === null) !== (config.apiTlsKey === null)) {
    report('apiTlsCert', 'expected together with API_TLS_KEY: one without the other is no use')
  }
  if (config.apiTlsClientCa !== null && config.apiTlsCert === null) {
    report('apiTlsClientCa', 'expected together with API_TLS_CERT: without it the API has no TLS')
  }
  const digests = [config.apiTokensRead, config.apiTokensWrite, config.apiTokensAdmin].flat()
  if (!isLoopback(config.host) && digests.length === 0) {
    report(
      'host',
      `${config.host} can be reached from other machines: set API_TOKENS_READ, API_TOKENS_WRITE ` +
        'or API_TOKENS_ADMIN first (`attribution-streams token create` makes a token)',
    )
  }
  return problems
}

/** The embedded log has the one topic that HTTP writes to: a pattern that passes it by reads nothing. */
function patternProblem(pattern: string): string | null {
  try {
    if (new TopicPattern(pattern, 'observations').matches(PUBLIC_TOPICS.observation)) return null
    return `expected a pattern that matches ${PUBLIC_TOPICS.observation}, received /${pattern}/`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
