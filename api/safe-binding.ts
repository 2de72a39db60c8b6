import { BlockList, isIP } from 'node:net'

/** Whether only this machine can reach a server bound to `host`. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (address === 'localhost') return true
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** The address would open the API to a network without authentication: nothing is started. */
export class UnsafeBindingError extends Error {
  override name = 'UnsafeBindingError'
  readonly code = 'UNSAFE_BINDING'
}

/**
 * Default deny: whoever can reach the API can read what is known of every attacker and write
 * observations, so without tokens only this machine may.
 * @throws {UnsafeBindingError} `host` is not loopback and no token is configured
 */
export function assertSafeBinding(host: string, tokens: readonly unknown[]): void {
  if (tokens.length > 0 || isLoopback(host)) return
  throw new UnsafeBindingError(
    `refusing to listen on ${host || 'every address'} without tokens: configure at least one ` +
      'token, or bind to 127.0.0.1 and put an authenticating proxy or an SSH tunnel in front',
  )
}
