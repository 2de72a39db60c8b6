import type { ApiTls } from '../api/options.ts'
import type { PeerAccess } from '../api/peer/peer-gate.ts'
import { PeerHttpClient } from '../api/peer/peer-http-client.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { readPem } from './pem-file.ts'

/** How this instance and the others speak to each other. */
export interface Peers {
  /** Null: it asks nobody and answers nobody. */
  readonly client: PeerHttpClient | null
  readonly access: PeerAccess
}

/** @throws {CommandFailure} a file that a setting names cannot be read */
export async function apiTls(config: ResolvedConfig): Promise<ApiTls | null> {
  const { apiTlsCert, apiTlsClientCa, apiTlsKey } = config
  if (apiTlsCert === null || apiTlsKey === null) return null
  return {
    cert: await readPem('API_TLS_CERT', apiTlsCert),
    key: await readPem('API_TLS_KEY', apiTlsKey),
    clientCa: await readPem('API_TLS_CLIENT_CA', apiTlsClientCa),
  }
}

/** Instances know each other by the secret, by their certificates, or by both where both are set. */
export function peersOf({ internalSecret: secret }: ResolvedConfig, tls: ApiTls | null): Peers {
  const access = { secret, byCertificate: tls !== null && tls.clientCa !== null }
  const isProved = secret !== null || access.byCertificate
  return { client: isProved ? new PeerHttpClient({ secret, tls, clock: Date.now }) : null, access }
}
