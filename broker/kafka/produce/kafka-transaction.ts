import {
  AbortableError,
  BrokerError,
  FatalBrokerError,
  FencedError,
  RetriableError,
  UnknownOutcomeError,
} from '../../errors.ts'
import type {
  Ack,
  CommittedOffset,
  GroupMetadata,
  PartitionRecords,
  Transaction,
  TransactionOptions,
} from '../../port.ts'
import type { Compression } from '../../record-batch/compression/compression.ts'
import type { Cluster } from '../cluster.ts'
import { BatchSender } from './batch-sender.ts'
import { checkRecords } from './check-records.ts'
import { CoordinatorCalls } from './coordinator-calls.ts'
import type { ProducerIdentity } from './producer-identity.ts'
import { RetryBudget } from './retry-budget.ts'
import { SerialTasks } from './serial-tasks.ts'
import { TransactionHolder } from './transaction-holder.ts'
import { sendOffsetsToGroup } from './transaction-offsets.ts'
import { TransactionProtocolV1 } from './transaction-protocol-v1.ts'
import { TransactionProtocolV2 } from './transaction-protocol-v2.ts'
import type { TransactionProtocol } from './transaction-protocol.ts'
import { TransactionState } from './transaction-state.ts'

const TRANSACTION_TIMEOUT_MS = 60_000
const DELIVERY_TIMEOUT_MS = 30_000
/** Readers wait for what is left open, but not the program that ends. */
const CLOSE_TIMEOUT_MS = 5_000

export interface KafkaTransactionOptions extends TransactionOptions {
  /** @default none */
  readonly compression?: Compression | 'none'
  /** How long one call goes on trying; a send for no longer than the transaction. @default 30000 */
  readonly deliveryTimeoutMs?: number
}

/** What `init` has settled. */
interface Session {
  readonly protocol: TransactionProtocol
  readonly sender: BatchSender
  identity: ProducerIdentity
}

/**
 * The transactional producer of one id, on Kafka.
 *
 * Q1. Calls run one after another in the order made: a verdict never overtakes a batch.
 * Q2. What passes with time is tried again in here, with the same producer epoch and sequences,
 *     until the deadline; what comes out is final for this transaction: abort it, or `init`.
 * Q3. Which protocol is spoken is settled when the client connects; a cluster that is upgraded
 *     meanwhile goes on taking the older one.
 *
 * Source: KIP-98, KIP-447, KIP-890.
 */
export class KafkaTransaction implements Transaction {
  readonly #cluster: Cluster
  readonly #transactionalId: string
  readonly #compression: Compression | undefined
  readonly #sendTimeoutMs: number
  readonly #callTimeoutMs: number
  readonly #coordinator: CoordinatorCalls
  readonly #holder: TransactionHolder
  readonly #state: TransactionState
  readonly #calls = new SerialTasks()
  #session: Session | null = null

  constructor(cluster: Cluster, transactionalId: string, options: KafkaTransactionOptions = {}) {
    const timeoutMs = options.timeoutMs ?? TRANSACTION_TIMEOUT_MS
    this.#cluster = cluster
    this.#transactionalId = transactionalId
    this.#compression = options.compression === 'none' ? undefined : options.compression
    this.#callTimeoutMs = options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS
    this.#sendTimeoutMs = Math.min(this.#callTimeoutMs, timeoutMs)
    this.#coordinator = new CoordinatorCalls(cluster, 'transaction', transactionalId)
    this.#holder = new TransactionHolder(transactionalId, timeoutMs, this.#coordinator)
    this.#state = new TransactionState(transactionalId)
  }

  init(): Promise<void> {
    return this.#inTurn(async () => {
      this.#state.beginInit()
      const identity = await this.#holder.takeOver(this.#budget(this.#callTimeoutMs))
      const protocol = this.#protocol()
      const sender = new BatchSender({
        cluster: this.#cluster,
        produce: protocol.produce,
        transactionalId: this.#transactionalId,
        compression: this.#compression,
      })
      this.#session = { protocol, sender, identity }
      this.#state.initialised()
    })
  }

  send(records: readonly PartitionRecords[]): Promise<Ack[]> {
    return this.#inTurn(async () => {
      checkRecords(records)
      if (records.length === 0) return []
      this.#state.beginSend()
      return await this.#orAbortable(async () => {
        const { protocol, identity } = this.#session!
        const budget = this.#budget(this.#sendTimeoutMs)
        await protocol.enterPartitions(identity, records, budget)
        return await this.#deliver(records, budget)
      })
    })
  }

  sendOffsets(offsets: readonly CommittedOffset[], group: GroupMetadata): Promise<void> {
    return this.#inTurn(async () => {
      this.#state.beginSend()
      await this.#orAbortable(async () => {
        const { protocol, identity } = this.#session!
        const budget = this.#budget(this.#sendTimeoutMs)
        await protocol.enterGroup(identity, group.groupId, budget)
        const { producerId, producerEpoch } = identity
        const transactionalId = this.#transactionalId
        const producer = { transactionalId, producerId, producerEpoch }
        const request = { ...producer, group, offsets }
        await sendOffsetsToGroup(this.#cluster, protocol, request, budget)
      })
    })
  }

  commit(): Promise<void> {
    return this.#inTurn(() => this.#end('commit', this.#callTimeoutMs))
  }

  abort(): Promise<void> {
    return this.#inTurn(() => this.#end('abort', this.#callTimeoutMs))
  }

  /** Aborts what is open, so that readers need not wait for the transaction's timeout. */
  close(): Promise<void> {
    return this.#calls.run(this.#transactionalId, async () => {
      if (this.#state.isClosed) return
      try {
        if (this.#state.isOpen && !this.#cluster.isClosed)
          await this.#end('abort', CLOSE_TIMEOUT_MS)
      } catch (error) {
        // The broker aborts it in time; a new holder has done so already.
        if (!(error instanceof BrokerError)) throw error
      } finally {
        this.#state.close()
      }
    })
  }

  async #end(verdict: 'commit' | 'abort', timeoutMs: number): Promise<void> {
    if (!this.#state.mayEnd(verdict)) return
    const session = this.#session!
    const { hasFailed } = this.#state
    try {
      const budget = this.#budget(timeoutMs)
      session.identity = await session.protocol.end(session.identity, verdict, hasFailed, budget)
      this.#state.ended()
    } catch (error) {
      // Before a request left: the coordinator could not be found, and has heard no verdict.
      const isUnheard = error instanceof RetriableError
      const thrown = isUnheard ? new UnknownOutcomeError(error.message, { cause: error }) : error
      this.#state.failed(thrown)
      throw thrown
    }
  }

  /** Waits for every batch, so that nothing is under way when the transaction is aborted. */
  async #deliver(records: readonly PartitionRecords[], budget: RetryBudget): Promise<Ack[]> {
    const { sender, identity } = this.#session!
    const failures: unknown[] = []
    const acks: Ack[] = []
    await Promise.all(
      records.map(async (each) => {
        try {
          const delivery = await sender.send({
            records: each,
            identity: () => Promise.resolve(identity),
            budget: () => budget,
            isGivenUp: () => failures.length > 0,
          })
          if ('ack' in delivery) acks.push(delivery.ack)
          else failures.push(delivery.cause)
        } catch (error) {
          failures.push(error)
        }
      }),
    )
    if (failures.length === 0) return acks
    throw failures.find((error) => error instanceof FencedError) ?? failures[0]
  }

  /** Runs a part of the open transaction; what is left to do after its errors is to abort. */
  async #orAbortable<T>(part: () => Promise<T>): Promise<T> {
    try {
      return await part()
    } catch (error) {
      const thrown =
        error instanceof RetriableError || error instanceof UnknownOutcomeError
          ? new AbortableError(error.message, { cause: error })
          : error
      this.#state.failed(thrown)
      throw thrown
    }
  }

  #protocol(): TransactionProtocol {
    if (this.#cluster.transactionVersion >= 2) {
      return new TransactionProtocolV2(this.#transactionalId, this.#coordinator)
    }
    return new TransactionProtocolV1(this.#transactionalId, this.#coordinator, (identity, budget) =>
      this.#holder.raiseEpoch(identity, budget),
    )
  }

  #budget(limitMs: number): RetryBudget {
    return new RetryBudget(this.#cluster, limitMs)
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (this.#cluster.isClosed) {
      return Promise.reject(new FatalBrokerError('the client is closed'))
    }
    return this.#calls.run(this.#transactionalId, call)
  }
}
