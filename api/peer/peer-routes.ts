import { Ajv } from 'ajv'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import type { PeerRead, PeerService } from '../../state/peer-port.ts'
import { ApiError } from '../errors.ts'
import { encodeRows, encodeValue } from './peer-frames.ts'
import type { PeerGate } from './peer-gate.ts'
import { PEER_ROWS_MAX, peerMediaType, peerPaths } from './peer-paths.ts'

/**
 * What other instances of the application ask. Not of the public API.
 *
 * A request is answered from this instance's own tasks or refused with 421; it is never passed on.
 */
export function peerRoutes(app: FastifyInstance, service: PeerService, gate: PeerGate): void {
  const ajv = new Ajv()
  app.setValidatorCompiler(({ schema }) => ajv.compile(schema))
  app.removeAllContentTypeParsers()
  gate.guard(app)

  app.post<{ Body: GetBody }>(peerPaths.get, route(getBody), async (request, reply) => {
    const { key, ...read } = request.body
    const answer = await service.get({ ...readOf(read), key: fromBase64(key) })
    return send(reply, request, encodeValue(answer))
  })

  app.post<{ Body: ScanBody }>(peerPaths.scan, route(scanBody), async (request, reply) => {
    const { after, limit, prefix, ...read } = request.body
    const answer = await service.scan({
      ...readOf(read),
      prefix: fromBase64(prefix),
      limit,
      ...(after === undefined ? {} : { after: fromBase64(after) }),
    })
    return send(reply, request, encodeRows(answer))
  })

  function send(reply: FastifyReply, request: FastifyRequest, frame: Buffer): FastifyReply {
    gate.signAnswer(request, reply, frame)
    return reply.type(peerMediaType).send(frame)
  }
}

interface ReadBody {
  readonly task: string
  readonly store: string
  readonly accepts: 'active' | 'any'
}

interface GetBody extends ReadBody {
  readonly key: string
}

interface ScanBody extends ReadBody {
  readonly prefix: string
  readonly after?: string
  readonly limit: number
}

function readOf({ accepts, store, task }: ReadBody): PeerRead {
  return { taskId: task, store, accepts }
}

/** @throws {ApiError} INVALID_PARAMETER */
function fromBase64(text: string): string {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new ApiError('INVALID_PARAMETER', 'not base64')
  return bytes.toString('latin1')
}

/** Base64. A key may hold most of an observation, which is at most 64 KiB. */
const keyProperty = { type: 'string', maxLength: 100_000 }

const readProperties = {
  task: { type: 'string', pattern: '^[0-9]{1,6}_[0-9]{1,6}$' },
  store: { type: 'string', minLength: 1, maxLength: 255 },
  accepts: { type: 'string', enum: ['active', 'any'] },
}

const getBody = {
  type: 'object',
  additionalProperties: false,
  required: ['task', 'store', 'accepts', 'key'],
  properties: { ...readProperties, key: keyProperty },
}

const scanBody = {
  type: 'object',
  additionalProperties: false,
  required: ['task', 'store', 'accepts', 'prefix', 'limit'],
  properties: {
    ...readProperties,
    prefix: keyProperty,
    after: keyProperty,
    limit: { type: 'integer', minimum: 1, maximum: PEER_ROWS_MAX },
  },
}

/** Two keys, and room for the rest. */
const BODY_BYTES_MAX = 256 * 1024

const noQuery = { type: 'object', additionalProperties: false, properties: {} }

function route(body: object) {
  const schema: FastifySchema = { hide: true, body, querystring: noQuery }
  return { schema, bodyLimit: BODY_BYTES_MAX, config: { access: 'peer' as const } }
}
