import type { TLSSocket } from 'node:tls'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../errors.ts'
import {
  answerSignatureHeader,
  claimOf,
  PeerSignature,
  SKEW_MS,
  signatureHeader,
  type ClaimedSignature,
} from './peer-signature.ts'

/** How peers are known: by the secret, by their certificate, or by both where both are set. */
export interface PeerAccess {
  readonly secret: string | null
  /** True: the connection's certificate must be of the configured authority. */
  readonly byCertificate: boolean
}

/**
 * Lets other instances in, and nobody else.
 *
 * G1. Certificate and signature are looked at before a body is read as anything.
 * G2. Who is refused hears the same 401 whatever was wrong, but for clocks: those who run the
 *     machines must find out, and a time is no secret.
 */
export class PeerGate {
  readonly #signature: PeerSignature | null
  readonly #byCertificate: boolean
  readonly #clock: () => number
  readonly #claims = new WeakMap<FastifyRequest, ClaimedSignature>()

  constructor({ byCertificate, secret }: PeerAccess, clock: () => number) {
    this.#signature = secret === null ? null : new PeerSignature(secret)
    this.#byCertificate = byCertificate
    this.#clock = clock
  }

  /** Every route of the scope is behind the gate. */
  guard(scope: FastifyInstance): void {
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
      try {
        this.#assertSigned(request, body as Buffer)
        done(null, JSON.parse(body.toString()))
      } catch (error) {
        done(error instanceof ApiError ? error : new ApiError('MALFORMED_REQUEST'))
      }
    })
    // A request without a body meets no parser.
    scope.addHook('preValidation', (request, _reply, done) => {
      done(request.body === undefined ? new ApiError('UNAUTHENTICATED', REFUSED) : undefined)
    })
    scope.addHook('onRequest', (request, _reply, done) => {
      try {
        this.#assertClaim(request)
        done()
      } catch (error) {
        done(error as ApiError)
      }
    })
  }

  signAnswer(request: FastifyRequest, reply: FastifyReply, answer: Buffer): void {
    const claim = this.#claims.get(request)
    if (this.#signature === null || claim === undefined) return
    reply.header(answerSignatureHeader, this.#signature.signAnswer(claim.nonce, answer))
  }

  #assertClaim(request: FastifyRequest): void {
    if (this.#byCertificate && (request.raw.socket as Partial<TLSSocket>).authorized !== true) {
      throw new ApiError('UNAUTHENTICATED', REFUSED)
    }
    if (this.#signature === null) return
    const claim = claimOf(request.headers[signatureHeader])
    if (claim === null) throw new ApiError('UNAUTHENTICATED', REFUSED)
    const apartMs = Math.abs(this.#clock() - claim.timeMs)
    if (apartMs > SKEW_MS) {
      throw new ApiError(
        'UNAUTHENTICATED',
        `the clocks of the two instances are ${Math.round(apartMs / 1000)} s apart: set them right`,
      )
    }
    this.#claims.set(request, claim)
  }

  #assertSigned(request: FastifyRequest, body: Buffer): void {
    if (this.#signature === null) return
    const claim = this.#claims.get(request)
    if (claim === undefined || !this.#signature.isRequest(claim, request.url, body)) {
      throw new ApiError('UNAUTHENTICATED', REFUSED)
    }
  }
}

const REFUSED = 'not an instance of this application'
