import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * How instances prove to each other that they know the shared secret, without sending it.
 *
 * S1. A request carries a MAC over its time, a nonce, its path and its body; its answer one over
 *     the nonce and its bytes. So a place that was wrongly given as an endpoint learns nothing
 *     that it could use elsewhere, and cannot answer either.
 * S2. A recorded request is worth nothing after {@link SKEW_MS}; until then it shows whoever
 *     recorded it only what TLS would have to hide from him in the first place.
 * S3. MACs are compared in constant time.
 */
export const signatureHeader = 'x-attribution-peer'
export const answerSignatureHeader = 'x-attribution-peer-answer'

/** How far the clocks of two instances may be apart. */
export const SKEW_MS = 5 * 60_000

const MAC_BYTES = 32
const shape = /^v1 ([0-9]{1,15}) ([0-9a-f]{32}) ([0-9a-f]{64})$/

/** What a signed request says before its MAC is checked. */
export interface ClaimedSignature {
  readonly timeMs: number
  readonly nonce: string
  readonly mac: Buffer
}

export class PeerSignature {
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  /** @returns the header, and the nonce that the answer will be signed with */
  sign(nowMs: number, path: string, body: Buffer): { header: string; nonce: string } {
    const nonce = randomBytes(16).toString('hex')
    const mac = this.#requestMac({ timeMs: nowMs, nonce }, path, body)
    return { header: `v1 ${nowMs} ${nonce} ${mac.toString('hex')}`, nonce }
  }

  isRequest(claimed: ClaimedSignature, path: string, body: Buffer): boolean {
    return timingSafeEqual(this.#requestMac(claimed, path, body), claimed.mac)
  }

  signAnswer(nonce: string, answer: Buffer): string {
    return this.#answerMac(nonce, answer).toString('hex')
  }

  isAnswer(nonce: string, answer: Buffer, header: string): boolean {
    const mac = Buffer.from(header, 'hex')
    return mac.length === MAC_BYTES && timingSafeEqual(this.#answerMac(nonce, answer), mac)
  }

  #requestMac(
    { timeMs, nonce }: Omit<ClaimedSignature, 'mac'>,
    path: string,
    body: Buffer,
  ): Buffer {
    return createHmac('sha256', this.#secret)
      .update(`request v1 ${timeMs} ${nonce} ${path}\n`)
      .update(body)
      .digest()
  }

  #answerMac(nonce: string, answer: Buffer): Buffer {
    return createHmac('sha256', this.#secret).update(`answer v1 ${nonce}\n`).update(answer).digest()
  }
}

/** @returns null: not a signature */
export function claimOf(header: unknown): ClaimedSignature | null {
  const match = shape.exec(typeof header === 'string' ? header : '')
  if (match === null) return null
  return { timeMs: Number(match[1]), nonce: match[2]!, mac: Buffer.from(match[3]!, 'hex') }
}
