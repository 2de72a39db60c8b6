import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import type { Counter } from 'prom-client'
import type { IngestPort } from '../../state/query-port.ts'
import { prepareErrorReply } from '../error-answers.ts'
import { ApiError } from '../errors.ts'
import type { LineEncoder, LineEncoders } from '../ingest/line-encoder.ts'
import { readLines } from '../ingest/upload-body.ts'
import { Upload } from '../ingest/upload.ts'
import type { ApiLimits } from '../options.ts'
import { positionSchema } from '../response-meta.ts'
import { emptyQuery } from '../route-schemas.ts'

export interface IngestRoutesOptions {
  readonly ingest: IngestPort
  readonly encoders: LineEncoders
  readonly limits: ApiLimits
  readonly clock: () => number
  readonly lines: Counter<'topic' | 'outcome'>
  /** Aborts when the server shuts down: uploads end with what was accepted. */
  readonly closing: AbortSignal
}

const MEDIA_TYPE = 'application/x-ndjson'

/**
 * Records in, a line each.
 *
 * The only content type taken anywhere is NDJSON, handed over as a stream. It is not one of the
 * types that a web page may send to another origin without asking.
 */
export function ingestRoutes(app: FastifyInstance, options: IngestRoutesOptions): void {
  const uploads = new UploadDoor(options)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(MEDIA_TYPE, (_request, payload, done) => done(null, payload))

  app.post(
    '/observations',
    { schema: observationsRoute, config: { access: 'write' } },
    (request, reply) => uploads.receive(options.encoders.observation, request, reply),
  )

  app.post(
    '/attackers',
    { schema: attackersRoute, config: { access: 'write' } },
    (request, reply) => uploads.receive(options.encoders.attacker, request, reply),
  )

  app.post(
    '/technique-tags',
    { schema: techniqueTagsRoute, config: { access: 'write' } },
    (request, reply) => uploads.receive(options.encoders.techniqueTag, request, reply),
  )
}

/** Lets uploads in, so many at once, and answers each when its lines are durable. */
class UploadDoor {
  private readonly options: IngestRoutesOptions
  private underWay = 0

  constructor(options: IngestRoutesOptions) {
    this.options = options
  }

  async receive(encoder: LineEncoder, request: FastifyRequest, reply: FastifyReply) {
    const gzip = isGzip(request)
    assertNdjson(request)
    const { ingest, limits, clock, lines } = this.options
    if (this.underWay >= limits.uploadsMax) throw new ApiError('TOO_MANY_UPLOADS')
    this.underWay += 1
    // While the log holds us back nothing moves on the connection, which is no fault of the client
    // (one that sends nothing is told by the reader of the body): heard, a timeout does not end it.
    reply.raw.on('timeout', () => request.log.debug('an upload waits for the log'))
    const upload = new Upload({
      ingest,
      encoder,
      limits,
      clock,
      onUnforeseen: (error) => request.log.error({ err: error }, 'a line could not be encoded'),
    })
    try {
      const failure = await this.run(upload, request, gzip)
      answer(upload, failure, request, reply)
      await reply
    } finally {
      this.underWay -= 1
      lines.inc({ topic: encoder.topic, outcome: 'accepted' }, upload.accepted)
      lines.inc({ topic: encoder.topic, outcome: 'rejected' }, upload.rejected)
    }
  }

  /** @returns what ended the upload early; what came before is durable all the same */
  private async run(
    upload: Upload,
    request: FastifyRequest,
    gzip: boolean,
  ): Promise<ApiError | null> {
    const { limits, closing } = this.options
    const stream = request.body as Readable
    let failure: ApiError | null = null
    try {
      await readLines({ stream, gzip, closing }, upload, limits)
    } catch (error) {
      failure = asApiError(error)
    }
    try {
      await upload.finish()
    } catch (error) {
      failure = asApiError(error)
    }
    return failure
  }
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  throw error
}

function answer(
  upload: Upload,
  failure: ApiError | null,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { accepted, rejected, errors, positions } = upload
  const counts = { accepted, rejected, errors, positions }
  const error = failure ?? (accepted === 0 && rejected > 0 ? allRejected() : null)
  if (error === null) return reply.send(counts)
  if (error.code === 'INGEST_FAILED') request.log.error({ err: error }, 'ingest failed')
  prepareErrorReply(error, reply)
  return reply.send({ ...counts, ...error.toBody() })
}

function allRejected(): ApiError {
  return new ApiError('ALL_LINES_REJECTED')
}

function assertNdjson({ headers, body }: FastifyRequest): void {
  const [, parameters = ''] = /^[^;]*(.*)$/s.exec(headers['content-type'] ?? '') ?? []
  const plain = parameters === '' || /^;\s*charset="?utf-8"?\s*$/i.test(parameters)
  if (body === undefined || !plain) throw new ApiError('UNSUPPORTED_MEDIA_TYPE')
}

function isGzip({ headers }: FastifyRequest): boolean {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'gzip' || encoding === 'x-gzip') return true
  if (encoding === 'identity') return false
  throw new ApiError('UNSUPPORTED_ENCODING')
}

const counts = {
  accepted: { type: 'integer', description: 'Lines durable in the log.' },
  rejected: { type: 'integer' },
  errors: {
    type: 'array',
    description: 'The first 100 rejected lines.',
    items: {
      type: 'object',
      required: ['line', 'error'],
      properties: {
        line: { type: 'integer', description: 'From 1; blank lines count.' },
        error: { type: 'string' },
      },
    },
  },
  positions: {
    ...positionSchema.properties.inputs,
    description:
      'Where the accepted lines end. As `min_position` (topic:partition:offset) of a read it asks ' +
      'for an answer that holds their effect.',
  },
} as const

const failedUpload = {
  description: 'An error; with the counts when lines were read before it.',
  type: 'object',
  required: ['error'],
  properties: {
    ...counts,
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
  },
}

const uploadResponses = {
  200: {
    description: 'All lines were read; at least one was accepted, or there was none.',
    type: 'object',
    required: ['accepted', 'rejected', 'errors', 'positions'],
    properties: counts,
  },
  '4xx': failedUpload,
  '5xx': failedUpload,
}

function uploadRoute(operationId: string, record: string, avsc: string) {
  return {
    operationId,
    summary: `Appends ${record}, a line of JSON each`,
    description:
      'Streams: 1 MiB a line, no limit on the whole, `Content-Encoding: gzip` taken. Lines that ' +
      `do not fit (schemas/${avsc}) are errors of their own, the rest goes on. The answer comes ` +
      'when all accepted lines are durable. After any failure send the body again: repeated ' +
      'records change nothing.',
    tags: ['ingest'],
    consumes: [MEDIA_TYPE],
    querystring: emptyQuery,
    body: {
      content: { [MEDIA_TYPE]: { schema: { type: 'string', description: `Lines of ${avsc}` } } },
    },
    response: uploadResponses,
  }
}

const observationsRoute = uploadRoute('appendObservations', 'observations', 'observation.avsc')
const attackersRoute = uploadRoute('appendAttackers', 'attacker profiles', 'attacker-profile.avsc')
const techniqueTagsRoute = uploadRoute(
  'appendTechniqueTags',
  'technique tags',
  'technique-tag.avsc',
)
