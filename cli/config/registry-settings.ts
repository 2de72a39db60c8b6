import type { Setting } from './setting.ts'
import { optional, text } from './value-kinds.ts'

/** What concerns the schema registry. */
export interface RegistryConfig {
  readonly schemaRegistryUrl: string | null
  readonly schemaRegistryUsername: string | null
  readonly schemaRegistryPassword: string | null
}

const url = text(
  'an http(s) URL without user name or query',
  /^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/,
)

export const registrySettings: {
  readonly [K in keyof RegistryConfig]: Setting<RegistryConfig[K]>
} = {
  schemaRegistryUrl: {
    name: 'SCHEMA_REGISTRY_URL',
    kind: optional(url),
    fallback: null,
    description: 'Root of a schema registry’s API (Confluent’s). Absent: schemas of our own only.',
  },
  schemaRegistryUsername: {
    name: 'SCHEMA_REGISTRY_USERNAME',
    kind: optional(text('a user name without colon', /^[^:]{1,4096}$/)),
    fallback: null,
    description: 'For HTTP basic authentication at the schema registry.',
  },
  schemaRegistryPassword: {
    name: 'SCHEMA_REGISTRY_PASSWORD',
    kind: optional(text('1 to 4096 characters', /^.{1,4096}$/)),
    fallback: null,
    secret: true,
    description: 'Password of SCHEMA_REGISTRY_USERNAME.',
  },
}
