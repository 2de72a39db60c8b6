import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { ApiError } from './errors.ts'

const MEDIA_TYPE = 'application/json'
const plainJson = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i

/**
 * Lets the routes of a scope take JSON, and nothing else.
 *
 * JSON is not one of the types that a web page may send to another origin without asking. Its size
 * is the server's `bodyLimit`; keys that would reach a prototype are refused.
 */
export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(MEDIA_TYPE, { parseAs: 'string' }, parse)
  app.addHook('onRequest', ({ headers, method }, _reply, done) => {
    done(method === 'POST' ? refusalOf(headers) : undefined)
  })
}

function refusalOf(headers: IncomingHttpHeaders): ApiError | undefined {
  if (!plainJson.test(headers['content-type'] ?? '')) {
    return new ApiError('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json')
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return new ApiError('UNSUPPORTED_ENCODING', 'Content-Encoding must be identity')
  }
  return undefined
}
