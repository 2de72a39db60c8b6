import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import {
  BehindBoundError,
  InvalidBoundError,
  StateClosedError,
  StoreNotReadyError,
  TaskNotHereError,
  UnknownStoreError,
} from '../state/errors.ts'
import { ApiError, type ApiErrorCode } from './errors.ts'

/**
 * Turns whatever a request ran into into the one error shape.
 *
 * E1. A client sees messages of the catalogue, never a stack or the text of an unforeseen error.
 * E2. An expected condition is never a 5xx other than 503, which comes with Retry-After.
 */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = toApiError(error)
  if (known.code === 'INTERNAL') request.log.error({ err: error }, 'request failed')
  else request.log.debug({ err: known }, 'request refused')
  prepareErrorReply(known, reply)
  void reply.send(known.toBody())
}

/** Status and headers of an error answer; the body is the caller's. */
export function prepareErrorReply(error: ApiError, reply: FastifyReply): FastifyReply {
  if (error.status === 503)
    reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1000)))
  if (error.status === 429) reply.header('retry-after', '60')
  if (error.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(error.status).type('application/json; charset=utf-8')
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof TaskNotHereError) {
    return new ApiError('TASK_NOT_HERE', error.message, { cause: error })
  }
  if (error instanceof StoreNotReadyError) {
    const code = error instanceof BehindBoundError ? 'BEHIND_BOUND' : 'STORE_NOT_READY'
    return new ApiError(code, error.message, { cause: error, retryAfterMs: error.retryAfterMs })
  }
  if (error instanceof InvalidBoundError) {
    return new ApiError('INVALID_PARAMETER', `min_position: ${error.message}`, { cause: error })
  }
  // A task that moved away closed its store in the middle of the read.
  if (error instanceof StateClosedError) {
    return new ApiError('STORE_NOT_READY', undefined, { cause: error })
  }
  if (error instanceof UnknownStoreError) {
    return new ApiError('UNKNOWN_STORE', error.message, { cause: error })
  }
  const { code, message } = error as Partial<FastifyError>
  const known = frameworkCodes.get(code ?? '')
  if (known === undefined) return new ApiError('INTERNAL', undefined, { cause: error })
  return new ApiError(known, known === 'INVALID_PARAMETER' ? message : undefined, { cause: error })
}

const frameworkCodes: ReadonlyMap<string, ApiErrorCode> = new Map([
  ['FST_ERR_VALIDATION', 'INVALID_PARAMETER'],
  ['FST_ERR_BAD_URL', 'INVALID_URL'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'URL_TOO_LONG'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'INVALID_JSON'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'INVALID_JSON'],
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'BODY_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'MALFORMED_REQUEST'],
])

/** Answers what Node's HTTP parser refused, before there is a request. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const known = new ApiError(parserCodes.get(error.code ?? '') ?? 'MALFORMED_REQUEST')
  const body = JSON.stringify(known.toBody())
  socket.end(
    `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]!}\r\nConnection: close\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n` +
      body,
    () => socket.destroy(),
  )
}

const parserCodes: ReadonlyMap<string, ApiErrorCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'HEADERS_TOO_LARGE'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'REQUEST_TIMEOUT'],
])
