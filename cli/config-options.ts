import { Option, type Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { resolveConfig, type Resolution } from './config/resolve-config.ts'
import { flagOf, settings, type SettingKey } from './config/settings.ts'

const heading = 'Settings (also in the environment or a file, as docs/configuration.md tells):'

/** Adds `--config` and a flag for each of the settings. */
export function addConfigOptions(command: Command, keys: readonly SettingKey[]): Command {
  command.optionsGroup(heading)
  command.option('--config <file>', 'YAML or JSON file of settings')
  for (const key of keys) {
    const { description, fallback, kind } = settings[key]
    const shown = (kind.show as (value: unknown) => string)(fallback)
    const initial = shown === '' ? '' : ` (default: ${shown})`
    command.addOption(new Option(`${flagOf(key)} <value>`, `${description}${initial}`))
  }
  return command
}

/**
 * Resolves the configuration with the flags of a command.
 * @throws {ConfigError} every problem of every source
 */
export async function resolveFor(command: Command, context: CommandContext): Promise<Resolution> {
  const flags = new Map<string, string>()
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName())
    if (typeof value === 'string' && option.long != null) flags.set(option.long, value)
  }
  return resolveConfig({ file: flags.get('--config'), env: context.env, flags })
}
