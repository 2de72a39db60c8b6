import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Bearer tokens, known only by their SHA-256.
 *
 * A1. A token's text is never kept: a leaked configuration or heap dump opens nothing.
 * A2. Every configured hash is compared, in constant time, so the time of an answer tells neither
 *     how much of a token was right nor which one it was.
 */

/** `write` does not include `read`: a sensor that publishes need not see. `admin` is all. */
export type Scope = 'read' | 'write' | 'admin'

export interface TokenConfig {
  /** For the log and for who asked a worker for something; not secret. */
  readonly name: string
  /** SHA-256 of the token's UTF-8 bytes, 64 hex digits. */
  readonly sha256: string
  readonly scopes: readonly Scope[]
}

/** A configured token is not usable: nothing is started. */
export class TokenConfigError extends Error {
  override name = 'TokenConfigError'
  readonly code = 'TOKEN_CONFIG'
}

/** Whose request it is, and what it may. */
export interface Caller {
  readonly name: string
  readonly scopes: ReadonlySet<Scope>
}

interface KnownToken extends Caller {
  readonly digest: Buffer
}

const sha256Hex = /^[0-9a-fA-F]{64}$/

export class BearerTokens {
  private readonly known: readonly KnownToken[]

  /** @throws {TokenConfigError} a hash is not 64 hex digits, or a token has no scope */
  constructor(tokens: readonly TokenConfig[]) {
    this.known = tokens.map(({ name, sha256, scopes }) => {
      if (!sha256Hex.test(sha256)) {
        throw new TokenConfigError(
          `token ${name}: sha256 must be 64 hex digits; make it with ` +
            '`printf %s "$TOKEN" | sha256sum`',
        )
      }
      if (scopes.length === 0) throw new TokenConfigError(`token ${name} has no scope`)
      return { name, digest: Buffer.from(sha256, 'hex'), scopes: new Set(scopes) }
    })
  }

  get configured(): boolean {
    return this.known.length > 0
  }

  /** @returns who has the token in an `Authorization` header; null: it is no known token */
  callerOf(authorization: string | undefined): Caller | null {
    const match = /^Bearer +([!-~]{1,4096})$/i.exec(authorization ?? '')
    if (match === null) return null
    const digest = createHash('sha256').update(match[1]!).digest()
    let found: Caller | null = null
    for (const token of this.known) {
      if (timingSafeEqual(token.digest, digest)) found = token
    }
    return found
  }
}

export function allows(scopes: ReadonlySet<Scope>, needed: Scope): boolean {
  return scopes.has(needed) || scopes.has('admin')
}
