import type { Clock } from '../clock.ts'
import { FencedError } from '../errors.ts'
import type { Ack, CommittedOffset, GroupMetadata, PartitionRecords } from '../port.ts'
import type { TransactionVerdict } from '../record-batch/control-record.ts'
import type { Counter } from './counter.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import { ackOf, type LogAppender } from './log-appender.ts'
import type { LogTail } from './log-tail.ts'
import { OpenTransaction } from './open-transaction.ts'
import { ProducerIdentity } from './producer-identity.ts'
import { transactionKey } from './row-keys.ts'
import { encodeRow } from './rows.ts'
import { TransactionalId } from './transactional-id.ts'
import type { WriteQueue } from './write-queue.ts'

export interface TransactionCoordinatorOptions {
  readonly appender: LogAppender
  readonly writes: WriteQueue
  readonly tail: LogTail
  readonly clock: Clock
  readonly groups: GroupCoordinator
  readonly producerIds: Counter
}

/** Who may write under a transactional id, until the next `init`. */
export interface TransactionHolder {
  readonly id: TransactionalId
  readonly identity: ProducerIdentity
}

/**
 * Decides on transactions: who may write under an id, what belongs to it, how it ends.
 *
 * C1. One holder an id: `init` raises the epoch before anything else, so a zombie fails from that
 *     moment on, and only then ends what it left open.
 * C2. Records get their offsets at `send` and stay in memory; the end writes data, markers and
 *     group offsets in one database batch. So a commit cannot be torn, and costs one write.
 * C3. A transaction whose data had to leave memory (see log-tail.ts) leaves a row that names it;
 *     recovery aborts it.
 * C4. A verdict under way is waited for, never overtaken: neither by the next transaction of the
 *     same holder nor by a new one.
 *
 * Source: KIP-98, KIP-447, KIP-890.
 */
export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #ids = new Map<string, TransactionalId>()

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
  }

  /** Takes up an id that the disk holds. */
  restore(id: TransactionalId): void {
    this.#ids.set(id.name, id)
  }

  /**
   * Fences earlier holders, aborts what they left open, and names the new holder.
   *
   * @throws {FencedError} a later `init` overtook this one
   */
  async init(name: string, timeoutMs: number): Promise<TransactionHolder> {
    const newProducerId = (): bigint => this.#options.producerIds.next()
    let id = this.#ids.get(name)
    if (id === undefined) {
      id = new TransactionalId(name, newProducerId(), 0, timeoutMs)
      this.#ids.set(name, id)
    } else id.fence(newProducerId)
    const identity = new ProducerIdentity(id.producerId, id.producerEpoch, true)
    while (id.ending !== null) await id.ending
    await this.#end(id, 'abort')
    this.#checkHolder(id, identity)
    id.timeoutMs = timeoutMs
    await this.#save(id)
    this.#checkHolder(id, identity)
    return { id, identity }
  }

  /**
   * @throws {FencedError} the id has a newer holder, or the transaction timed out
   * @throws {RecordTooLargeError} nothing was appended
   */
  async send(
    { id, identity }: TransactionHolder,
    records: readonly PartitionRecords[],
  ): Promise<Ack[]> {
    const open = await this.#begin(id, identity)
    const { appender } = this.#options
    return appender.check(records).map((send) => {
      const entry = appender.appendOpen(send, identity, () => this.#spill(id, open))
      open.add(send.log, entry)
      return ackOf(send.log, entry)
    })
  }

  /** @throws {FencedError} as `send`; or the group's generation or member is stale */
  async sendOffsets(
    { id, identity }: TransactionHolder,
    offsets: readonly CommittedOffset[],
    group: GroupMetadata,
  ): Promise<void> {
    const open = await this.#begin(id, identity)
    this.#options.groups.hold(open, offsets, group)
  }

  /** @throws {FencedError} the id has a newer holder; the transaction is or will be aborted */
  async end({ id, identity }: TransactionHolder, verdict: TransactionVerdict): Promise<void> {
    this.#checkHolder(id, identity)
    while (id.ending !== null) await id.ending
    this.#checkHolder(id, identity)
    await this.#end(id, verdict)
  }

  /** Aborts everything that is open. @throws {FatalBrokerError} the log cannot be written */
  async abortAll(): Promise<void> {
    const ids = [...this.#ids.values()]
    await Promise.all(
      ids.map(async (id) => {
        while (id.ending !== null) await id.ending
        await this.#end(id, 'abort')
      }),
    )
  }

  #checkHolder(id: TransactionalId, { producerId, producerEpoch }: ProducerIdentity): void {
    if (id.producerId === producerId && id.producerEpoch === producerEpoch) return
    throw new FencedError(`transactional id ${id.name} has a newer holder, or timed out`)
  }

  async #begin(id: TransactionalId, holder: ProducerIdentity): Promise<OpenTransaction> {
    this.#checkHolder(id, holder)
    while (id.ending !== null) {
      await id.ending
      this.#checkHolder(id, holder)
    }
    if (id.open !== null) return id.open
    id.open = new OpenTransaction(holder.producerId, holder.producerEpoch)
    id.cancelTimeout = this.#options.clock.setTimer(id.timeoutMs, () => {
      id.fence(() => this.#options.producerIds.next())
      // A failed write has failed the log as a whole; every later call reports it.
      this.#end(id, 'abort').catch(() => undefined)
    })
    return id.open
  }

  /** No-op when nothing is open. */
  #end(id: TransactionalId, verdict: TransactionVerdict): Promise<void> {
    const { open } = id
    if (open === null) return Promise.resolve()
    id.cancelTimeout?.()
    id.cancelTimeout = null
    const ended = this.#write(id, open, verdict)
    id.ending = ended
      .catch(() => undefined)
      .then(() => {
        id.ending = null
      })
    return ended
  }

  async #write(
    id: TransactionalId,
    open: OpenTransaction,
    verdict: TransactionVerdict,
  ): Promise<void> {
    const { writes, clock, groups, tail } = this.#options
    const wasSpilled = id.isSpilled
    id.open = null
    id.isSpilled = false
    const row = id.row()
    const data = open.takeUnwritten()
    open.appendMarkers(verdict, clock.now())
    try {
      await writes.enqueue((batch) => {
        data.put(batch)
        open.putMarkers(verdict, batch)
        if (verdict === 'commit') {
          for (const [groupId, offsets] of open.offsets) groups.put(groupId, offsets, batch)
        }
        if (wasSpilled) batch.put(transactionKey(id.name), encodeRow(row))
      })
    } catch (error) {
      groups.release(open, 'abort')
      throw error
    }
    data.written()
    groups.release(open, verdict)
    open.decided(verdict)
    tail.settle()
  }

  /** Writes the data of an open transaction before its end, to free memory. */
  #spill(id: TransactionalId, open: OpenTransaction): void {
    if (id.open !== open || !open.hasUnwritten) return
    id.isSpilled = true
    const data = open.takeUnwritten()
    const row = id.row()
    const write = async (): Promise<void> => {
      await this.#options.writes.enqueue((batch) => {
        data.put(batch)
        batch.put(transactionKey(id.name), encodeRow(row))
      })
      data.written()
      this.#options.tail.settle()
    }
    // A failed write has failed the log as a whole; the transaction's end reports it.
    write().catch(() => undefined)
  }

  #save(id: TransactionalId): Promise<void> {
    return this.#options.writes.enqueue((batch) => {
      batch.put(transactionKey(id.name), encodeRow(id.row()))
    })
  }
}
