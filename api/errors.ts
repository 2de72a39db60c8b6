import type { Meta } from './response-meta.ts'

/**
 * The error catalogue: every code that an answer may carry, with its HTTP status.
 *
 * A code is stable, a message is not. docs/errors.md says how to solve each; a test compares the
 * two. Codes of stores keep their own name (state/errors.ts).
 */
export const errorCatalogue = {
  INVALID_PARAMETER: { status: 400, message: 'a parameter does not fit its schema' },
  INVALID_CURSOR: { status: 400, message: '`after` is not a cursor of this list' },
  INVALID_URL: { status: 400, message: 'the path is not valid percent-encoded UTF-8' },
  MALFORMED_REQUEST: { status: 400, message: 'the request is not valid HTTP' },
  INVALID_JSON: { status: 400, message: 'the body is not valid JSON' },
  INVALID_GZIP: { status: 400, message: 'the body is not valid gzip' },
  TRUNCATED_BODY: { status: 400, message: 'the body ends before it is complete' },
  UNAUTHENTICATED: { status: 401, message: 'no valid bearer token was given' },
  FORBIDDEN: { status: 403, message: 'the token lacks the scope of this route' },
  HOST_NOT_ALLOWED: { status: 403, message: 'the Host header does not name a loopback address' },
  CROSS_ORIGIN: { status: 403, message: 'a write came from a page of another origin' },
  UNKNOWN_ROUTE: { status: 404, message: 'no such route' },
  UNKNOWN_STORE: { status: 404, message: 'no such store' },
  UNKNOWN_ROW: { status: 404, message: 'the store has no such key' },
  UNKNOWN_ATTACKER: { status: 404, message: 'no such attacker' },
  UNKNOWN_CAMPAIGN: { status: 404, message: 'no such campaign' },
  UNKNOWN_IDENTITY: { status: 404, message: 'no such identity' },
  UNKNOWN_WORKER: { status: 404, message: 'no such worker in this topology' },
  REQUEST_TIMEOUT: { status: 408, message: 'the request head did not arrive in time' },
  BODY_TIMEOUT: { status: 408, message: 'the body stopped arriving' },
  BODY_TOO_LARGE: { status: 413, message: 'the body is too large' },
  COMPRESSION_RATIO: { status: 413, message: 'the gzip body expands beyond the allowed ratio' },
  URL_TOO_LONG: { status: 414, message: 'a path parameter is too long' },
  TASK_NOT_HERE: { status: 421, message: 'the task is not on the instance that was asked' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'Content-Type must be application/x-ndjson' },
  UNSUPPORTED_ENCODING: { status: 415, message: 'Content-Encoding must be gzip or identity' },
  ALL_LINES_REJECTED: { status: 422, message: 'no line of the body was accepted' },
  TOO_MANY_REQUESTS: { status: 429, message: 'too many requests from this address' },
  TOO_MANY_STREAMS: { status: 429, message: 'too many event streams are open' },
  TOO_MANY_UPLOADS: { status: 429, message: 'too many uploads are under way' },
  HEADERS_TOO_LARGE: { status: 431, message: 'the request head is too large' },
  INTERNAL: { status: 500, message: 'an error of the server; its log has the details' },
  STORE_NOT_READY: { status: 503, message: 'nobody that has the task of the key answers now' },
  BEHIND_BOUND: { status: 503, message: 'who answers is behind the bounds that were asked for' },
  DEAD_LETTERS_UNAVAILABLE: {
    status: 503,
    message: 'the dead letters could not be read or sent; the server’s log has the reason',
  },
  INGEST_FAILED: { status: 503, message: 'the log did not take the records' },
  SHUTTING_DOWN: { status: 503, message: 'the server is shutting down' },
} as const

export type ApiErrorCode = keyof typeof errorCatalogue

interface ApiErrorOptions extends ErrorOptions {
  readonly meta?: Meta
  readonly retryAfterMs?: number
}

/** An expected failure of a request, answered with its catalogue status. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly code: ApiErrorCode
  /** Of reads: what the error is true for, since a standby may not know yet what its owner does. */
  readonly meta: Meta | null
  /** Of a 503: when asking again may help, in milliseconds. */
  readonly retryAfterMs: number

  /** @param detail replaces the catalogue's message; shown to the client */
  constructor(code: ApiErrorCode, detail?: string, options: ApiErrorOptions = {}) {
    super(detail ?? errorCatalogue[code].message, options)
    this.code = code
    this.meta = options.meta ?? null
    this.retryAfterMs = options.retryAfterMs ?? 1000
  }

  get status(): number {
    return errorCatalogue[this.code].status
  }

  toBody(): ErrorBody {
    const error = { code: this.code, message: this.message }
    return this.meta === null ? { error } : { error, meta: this.meta }
  }
}

/** The one shape of an error answer. */
export interface ErrorBody {
  readonly error: { readonly code: ApiErrorCode; readonly message: string }
  readonly meta?: Meta
}
