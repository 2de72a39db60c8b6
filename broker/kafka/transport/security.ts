import { createSecureContext, type SecureContext, type PeerCertificate } from 'node:tls'
import { FatalBrokerError } from '../../errors.ts'

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

export interface SaslCredentials {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

/** Certificates and keys are PEM text, not paths. */
export interface TlsSettings {
  /** Absent: the authorities that Node trusts. */
  readonly ca?: string | readonly string[]
  /** The client's own certificate, where brokers ask for one (mutual TLS). */
  readonly cert?: string
  readonly key?: string
  readonly keyPassphrase?: string
  /** False: any name in the broker's certificate will do. @default true */
  readonly checkHostname?: boolean
}

/** How brokers are reached; the names are Kafka's own. */
export interface Security {
  readonly protocol: SecurityProtocol
  /** Needed by the two SASL protocols. */
  readonly sasl?: SaslCredentials
  readonly ssl?: TlsSettings
}

/** What `tls.connect` gets beyond host, port and server name. */
export interface TlsConnectOptions {
  readonly secureContext: SecureContext
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => undefined
}

export function usesTls(protocol: SecurityProtocol): boolean {
  return protocol === 'SSL' || protocol === 'SASL_SSL'
}

export function usesSasl(protocol: SecurityProtocol): boolean {
  return protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL'
}

/** @throws {FatalBrokerError} the protocol wants credentials that are not there */
export function credentialsOf(security: Security): SaslCredentials | null {
  if (!usesSasl(security.protocol)) return null
  if (security.sasl !== undefined) return security.sasl
  throw new FatalBrokerError(
    `${security.protocol} needs credentials: set SASL_MECHANISM, SASL_USERNAME and SASL_PASSWORD`,
  )
}

/**
 * Reads certificates and keys once, so that a bad one is told at start and not at each connection.
 *
 * @throws {FatalBrokerError} they cannot be read
 */
export function tlsConnectOptions(security: Security): TlsConnectOptions | null {
  if (!usesTls(security.protocol)) return null
  const { ca, cert, key, keyPassphrase, checkHostname = true } = security.ssl ?? {}
  try {
    const secureContext = createSecureContext({
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(keyPassphrase === undefined ? {} : { passphrase: keyPassphrase }),
    })
    return checkHostname
      ? { secureContext }
      : { secureContext, checkServerIdentity: () => undefined }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Only the code: OpenSSL's message says where in the key it stopped.
    throw new FatalBrokerError(
      `the TLS certificates cannot be read (${code ?? 'no PEM'}): SSL_CA_LOCATION, ` +
        'SSL_CERTIFICATE_LOCATION and SSL_KEY_LOCATION must be PEM, and SSL_KEY_PASSWORD must ' +
        'open the key',
    )
  }
}
