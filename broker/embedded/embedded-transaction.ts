import { FatalBrokerError, FencedError } from '../errors.ts'
import type {
  Ack,
  CommittedOffset,
  GroupMetadata,
  PartitionRecords,
  Transaction,
  TransactionOptions,
} from '../port.ts'
import type { TransactionVerdict } from '../record-batch/control-record.ts'
import type { TransactionCoordinator, TransactionHolder } from './transaction-coordinator.ts'

const TIMEOUT_MS = 60_000

/** The transactional producer of one id, on the embedded log. */
export class EmbeddedTransaction implements Transaction {
  readonly #coordinator: TransactionCoordinator
  readonly #transactionalId: string
  readonly #timeoutMs: number
  #holder: TransactionHolder | null = null
  readonly #onClose: (transaction: EmbeddedTransaction) => void
  #isClosed = false

  constructor(
    coordinator: TransactionCoordinator,
    transactionalId: string,
    options: TransactionOptions,
    onClose: (transaction: EmbeddedTransaction) => void,
  ) {
    this.#onClose = onClose
    this.#coordinator = coordinator
    this.#transactionalId = transactionalId
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  }

  async init(): Promise<void> {
    if (this.#isClosed) throw new FatalBrokerError('the transaction is closed')
    this.#holder = await this.#coordinator.init(this.#transactionalId, this.#timeoutMs)
  }

  async send(records: readonly PartitionRecords[]): Promise<Ack[]> {
    return await this.#coordinator.send(this.#held(), records)
  }

  async sendOffsets(offsets: readonly CommittedOffset[], group: GroupMetadata): Promise<void> {
    await this.#coordinator.sendOffsets(this.#held(), offsets, group)
  }

  async commit(): Promise<void> {
    await this.#end('commit')
  }

  async abort(): Promise<void> {
    await this.#end('abort')
  }

  /** Aborts what is open, so that readers need not wait for the timeout. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClose(this)
    if (this.#holder === null) return
    try {
      await this.#coordinator.end(this.#holder, 'abort')
    } catch (error) {
      // The new holder has ended it.
      if (!(error instanceof FencedError)) throw error
    }
  }

  /** Stops as a process does that dies: what is open stays open. */
  sever(): void {
    this.#isClosed = true
  }

  async #end(verdict: TransactionVerdict): Promise<void> {
    await this.#coordinator.end(this.#held(), verdict)
  }

  #held(): TransactionHolder {
    if (this.#isClosed) throw new FatalBrokerError('the transaction is closed')
    if (this.#holder === null) throw new FatalBrokerError('init must be called first')
    return this.#holder
  }
}
