import type { CancelTimer } from '../clock.ts'
import type { OpenTransaction } from './open-transaction.ts'
import type { TransactionRow } from './rows.ts'

const EPOCH_MAX = 32_767

/** What the coordinator knows of one transactional id. */
export class TransactionalId {
  readonly name: string
  producerId: bigint
  producerEpoch: number
  timeoutMs: number
  open: OpenTransaction | null = null
  cancelTimeout: CancelTimer | null = null
  /** A verdict on its way to the disk. */
  ending: Promise<void> | null = null
  /** The disk holds data of the open transaction. */
  isSpilled = false

  constructor(name: string, producerId: bigint, producerEpoch: number, timeoutMs: number) {
    this.name = name
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.timeoutMs = timeoutMs
  }

  /** Makes every earlier holder a zombie; when epochs run out, under a new producer id. */
  fence(newProducerId: () => bigint): void {
    if (this.producerEpoch < EPOCH_MAX) this.producerEpoch++
    else {
      this.producerId = newProducerId()
      this.producerEpoch = 0
    }
  }

  row(): TransactionRow {
    const { producerEpoch, timeoutMs } = this
    const open = this.isSpilled && this.open !== null ? this.open.openRows() : []
    return { producerId: this.producerId.toString(), producerEpoch, timeoutMs, open }
  }
}
