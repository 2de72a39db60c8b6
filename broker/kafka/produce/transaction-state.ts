import {
  AbortableError,
  FatalBrokerError,
  FencedError,
  StaleGenerationError,
  UnknownOutcomeError,
} from '../../errors.ts'

/**
 * Where a transactional producer stands, and what it may do there.
 *
 * ```
 * new ──init──▶ idle ──send──▶ open ──commit, abort──▶ idle
 *                               │ error                 ▲
 *                               ▼                       │
 *                             failed ──abort────────────┘
 * open, failed ──an end without a verdict──▶ unknown ──init──▶ idle
 * any ──another holder──▶ fenced        any ──close──▶ closed
 * ```
 *
 * S1. From every place but `fenced` and `closed` a path leads back to `idle`: a failed end asks
 *     for `init`, nothing else does (K5).
 * S2. What failed cannot be committed.
 */
export class TransactionState {
  readonly #transactionalId: string
  #place: 'new' | 'idle' | 'open' | 'failed' | 'unknown' | 'fenced' | 'closed' = 'new'

  constructor(transactionalId: string) {
    this.#transactionalId = transactionalId
  }

  get hasFailed(): boolean {
    return this.#place === 'failed'
  }

  /** Something may lie in an unended transaction of this holder. */
  get isOpen(): boolean {
    return this.#place === 'open' || this.#place === 'failed'
  }

  get isClosed(): boolean {
    return this.#place === 'closed'
  }

  /** Until `initialised` nothing may be sent: the old epoch may be gone already. */
  beginInit(): void {
    if (this.#place === 'fenced' || this.#place === 'closed') this.#refuse()
    this.#place = 'new'
  }

  initialised(): void {
    this.#place = 'idle'
  }

  /** The first send begins a transaction; later ones belong to it. */
  beginSend(): void {
    if (this.#place === 'failed') throw this.#mustAbort()
    if (this.#place !== 'idle' && this.#place !== 'open') this.#refuse()
    this.#place = 'open'
  }

  /** @returns false when there is nothing to end */
  mayEnd(verdict: 'commit' | 'abort'): boolean {
    if (this.#place === 'idle') return false
    if (this.#place === 'failed' && verdict === 'commit') throw this.#mustAbort()
    if (!this.isOpen) this.#refuse()
    return true
  }

  ended(): void {
    this.#place = 'idle'
  }

  /** Takes note of an error; offsets of a stale generation are sent again in this transaction. */
  failed(error: unknown): void {
    if (this.#place === 'closed' || error instanceof StaleGenerationError) return
    if (error instanceof FencedError) this.#place = 'fenced'
    else if (error instanceof UnknownOutcomeError) this.#place = 'unknown'
    else if (this.isOpen) this.#place = 'failed'
  }

  close(): void {
    this.#place = 'closed'
  }

  #mustAbort(): AbortableError {
    return new AbortableError(`transaction ${this.#transactionalId} has failed: abort it`)
  }

  #refuse(): never {
    const name = `transactional id ${this.#transactionalId}`
    switch (this.#place) {
      case 'fenced':
        throw new FencedError(`${name} has a newer holder, or timed out`)
      case 'unknown':
        throw new UnknownOutcomeError(`${name} ended without a verdict: init must be called`)
      case 'closed':
        throw new FatalBrokerError(`${name}: the transaction is closed`)
      default:
        throw new FatalBrokerError(`${name}: init must be called first`)
    }
  }
}
