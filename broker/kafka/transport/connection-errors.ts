import { type BrokerError, FatalBrokerError, RetriableError } from '../../errors.ts'
import { usesTls, type SecurityProtocol } from './security.ts'

/** Where a connection failed: what to advise depends on it. */
export type ConnectionStage = 'connecting' | 'authenticating' | 'unanswered' | 'answering'

/** Certificate verdicts of OpenSSL and Node, and what to look at. */
const certificateAdvice = new Map<string, string>([
  ['CERT_HAS_EXPIRED', "the broker's certificate has expired: renew it, or set the clock right"],
  ['CERT_NOT_YET_VALID', "the broker's certificate is not valid yet: set the clock right"],
  ['ERR_TLS_CERT_ALTNAME_INVALID', wrongHost()],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', unknownAuthority()],
  ['SELF_SIGNED_CERT_IN_CHAIN', unknownAuthority()],
  ['UNABLE_TO_GET_ISSUER_CERT', unknownAuthority()],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', unknownAuthority()],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', unknownAuthority()],
  ['CERT_REVOKED', "the broker's certificate has been revoked: renew it"],
  ['CERT_SIGNATURE_FAILURE', unknownAuthority()],
])

function unknownAuthority(): string {
  return (
    "the broker's certificate is signed by an authority that is not trusted: set " +
    'SSL_CA_LOCATION to the PEM of that authority'
  )
}

function wrongHost(): string {
  return (
    "the broker's certificate is for another host: correct BOOTSTRAP_SERVERS or the broker's " +
    'advertised.listeners, or add this host to the certificate'
  )
}

/** A socket error, as the error of the port that says who must act and on what. */
export function socketError(
  where: string,
  protocol: SecurityProtocol,
  stage: ConnectionStage,
  error: NodeJS.ErrnoException,
): BrokerError {
  const code = error.code ?? 'no code'
  const advice = certificateAdvice.get(code)
  if (advice !== undefined) return fatal(`${where}: ${advice} (${code})`, error)
  if (usesTls(protocol)) {
    const handshake = tlsError(where, protocol, stage, error)
    if (handshake !== null) return handshake
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return retriable(`${where}: the host name cannot be resolved (${code})`, error)
  }
  if (stage === 'connecting') {
    return retriable(
      `${where}: no connection (${code}): is the broker running, and is this its address?`,
      error,
    )
  }
  return closed(where, protocol, stage, error)
}

function tlsError(
  where: string,
  protocol: SecurityProtocol,
  stage: ConnectionStage,
  error: NodeJS.ErrnoException,
): BrokerError | null {
  const code = error.code ?? ''
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|ALERT_CERT/i.test(code)) {
    return fatal(
      `${where}: the broker refuses this client's certificate (${code}): set ` +
        'SSL_CERTIFICATE_LOCATION and SSL_KEY_LOCATION to a pair that it trusts',
      error,
    )
  }
  const isNoTls = code === 'EPROTO' || code.startsWith('ERR_SSL_')
  // A listener without TLS takes the handshake for a request of absurd size, and hangs up.
  if (isNoTls || (code === 'ECONNRESET' && stage === 'connecting')) {
    return retriable(
      `${where}: no TLS handshake (${code}): is this a TLS listener? SECURITY_PROTOCOL is ${protocol}`,
      error,
    )
  }
  return null
}

/** The connection ended without an error of its own, or by a reset. */
export function closed(
  where: string,
  protocol: SecurityProtocol,
  stage: ConnectionStage,
  cause?: Error,
): RetriableError {
  const advice =
    stage === 'unanswered'
      ? ' before it answered: it may be starting or stopping, or its listener wants another ' +
        `protocol (SECURITY_PROTOCOL is ${protocol})`
      : stage === 'connecting' || stage === 'authenticating'
        ? ` while ${stage}: does its listener speak ${protocol}? (SECURITY_PROTOCOL)`
        : ''
  return retriable(`${where} closed the connection${advice}`, cause)
}

/** Bytes that are no answer of the protocol. */
export function notKafka(where: string, protocol: SecurityProtocol): RetriableError {
  const wanted = usesTls(protocol) ? 'a Kafka listener' : 'a Kafka listener without TLS'
  return new RetriableError(
    `${where} does not answer in Kafka's protocol: is it ${wanted}? SECURITY_PROTOCOL is ${protocol}`,
  )
}

/** SASL said no; kafkajs's message is the broker's own, which never repeats a password. */
export function refusedCredentials(
  where: string,
  protocol: SecurityProtocol,
  mechanism: string,
  error: Error & { readonly type?: string },
): FatalBrokerError {
  // Asked by who is already let in: the listener has no SASL.
  if (error.type === 'ILLEGAL_SASL_STATE') {
    return fatal(`${where}: its listener has no SASL: SECURITY_PROTOCOL is ${protocol}`, error)
  }
  return fatal(
    `${where} refuses to authenticate: ${error.message}: check SASL_MECHANISM (${mechanism}), ` +
      'SASL_USERNAME and SASL_PASSWORD',
    error,
  )
}

function fatal(message: string, cause: Error): FatalBrokerError {
  return new FatalBrokerError(message, { cause })
}

function retriable(message: string, cause?: Error): RetriableError {
  return new RetriableError(message, cause === undefined ? {} : { cause })
}
