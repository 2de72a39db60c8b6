import type { Setting } from './setting.ts'
import { integer, optional, text } from './value-kinds.ts'

/** What concerns the other instances of the application, and TLS of the API. */
export interface PeerConfig {
  readonly applicationServer: string | null
  readonly internalSecret: string | null
  readonly queryTimeoutMs: number
  readonly apiTlsCert: string | null
  readonly apiTlsKey: string | null
  readonly apiTlsClientCa: string | null
}

const file = optional(text('the path of a PEM file', /./))

const endpoint = /^(https?:\/\/)?([\w.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]):[0-9]{1,5}\/?$/

export const peerSettings: { readonly [K in keyof PeerConfig]: Setting<PeerConfig[K]> } = {
  applicationServer: {
    name: 'APPLICATION_SERVER',
    kind: optional(text('host:port or http(s)://host:port', endpoint)),
    fallback: null,
    description: 'How other instances reach this one. Absent: they cannot ask it.',
  },
  internalSecret: {
    name: 'INTERNAL_SECRET',
    kind: optional(text('32 to 4096 printable characters without spaces', /^[!-~]{32,4096}$/)),
    fallback: null,
    secret: true,
    description: 'Proves instances to each other. Absent: they ask each other only with mTLS.',
  },
  queryTimeoutMs: {
    name: 'QUERY_TIMEOUT_MS',
    kind: integer(10, 60_000),
    fallback: 2_000,
    unit: 'milliseconds',
    description: 'A query is answered or refused within, wherever its tasks are.',
  },
  apiTlsCert: {
    name: 'API_TLS_CERT',
    kind: file,
    fallback: null,
    description: 'Certificate of the API, with those that signed it. Absent: plain HTTP.',
  },
  apiTlsKey: {
    name: 'API_TLS_KEY',
    kind: file,
    fallback: null,
    description: 'Private key of API_TLS_CERT.',
  },
  apiTlsClientCa: {
    name: 'API_TLS_CLIENT_CA',
    kind: file,
    fallback: null,
    description: 'Authority of the certificates by which instances know each other (mTLS).',
  },
}
