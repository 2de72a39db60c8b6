import type { Resolution } from './resolve-config.ts'
import { flagOf, settingKeys, settings, type SettingKey } from './settings.ts'

/** A setting as people and logs may see it. */
export interface DescribedSetting {
  readonly name: string
  /** Secrets are counted, never shown. */
  readonly value: string
  readonly unit: string | null
  readonly source: string
}

export function describeConfig({ config, sources }: Resolution): DescribedSetting[] {
  return settingKeys.map((key) => ({
    name: settings[key].name,
    value: settings[key].secret ? redacted(config[key]) : shown(key, config[key]),
    unit: settings[key].unit ?? null,
    source: sources[key],
  }))
}

function shown(key: SettingKey, value: unknown): string {
  return (settings[key].kind.show as (value: unknown) => string)(value)
}

function redacted(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '' : `(${value.length} set)`
  return value === null ? '' : '(set)'
}

/** The reference table of docs/configuration.md, a row a setting. */
export function settingRows(): string[][] {
  return settingKeys.map((key) => {
    const { name, kind, fallback, unit, description } = settings[key]
    const expected = unit === undefined ? kind.expected : `${kind.expected}; ${unit}`
    const initial = shown(key, fallback)
    return [
      `\`${name}\``,
      `\`${flagOf(key)}\``,
      expected,
      initial === '' ? 'none' : `\`${initial}\``,
      description,
    ]
  })
}
