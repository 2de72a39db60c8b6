import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import type { Ack, Producer, Transaction } from '../../../broker/port.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { MemoryDisk } from '../../../state/memory-disk.ts'
import { readAll, sendValues, type ReadRecord } from '../../support/broker-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'

export type Step =
  | { readonly kind: 'produce'; readonly partition: number; readonly count: number }
  | {
      readonly kind: 'send'
      readonly tx: number
      readonly partition: number
      readonly count: number
    }
  | { readonly kind: 'offsets'; readonly tx: number }
  | { readonly kind: 'end'; readonly tx: number; readonly verdict: 'commit' | 'abort' }
  | { readonly kind: 'turns'; readonly count: number }
  | { readonly kind: 'settle' }
  | { readonly kind: 'crash'; readonly lostShare: number }

export interface CrashWorldOptions {
  readonly tailBytesMax: number
  readonly segmentBytes: number
  readonly powerLoss: boolean
  /** How many turns each disk operation takes, in rotation. */
  readonly diskTurns: readonly number[]
}

/** Something sent, and what its sender was told. */
interface Effort {
  readonly partition: number
  readonly values: readonly string[]
  ack: Ack | null
}

interface TransactionModel {
  readonly efforts: Effort[]
  /** The offset it commits; null: none. */
  offset: number | null
  /** What was asked last, and whether it was answered. */
  verdict: 'none' | 'committing' | 'committed' | 'aborting' | 'aborted'
}

export const TOPIC = 'log'
export const PARTITIONS = 2
const TRANSACTIONS = 2
const GROUP = 'group'

/**
 * A broker on a disk that outlives it, and what its users were told.
 *
 * Calls are not awaited one by one, so a crash finds them at any point.
 */
export class CrashWorld {
  readonly plain: Effort[] = []
  readonly transactions: TransactionModel[] = []
  readonly #options: CrashWorldOptions
  readonly #disk: MemoryDisk
  #broker!: EmbeddedBroker
  #database!: MemoryDatabase
  #producer!: Producer
  #handles: Transaction[] = []
  /** The transaction under way of each id. */
  #current: (TransactionModel | null)[] = []
  #pending = new Set<Promise<unknown>>()
  #lives = 0
  #values = 0
  #offsets = 0

  constructor(options: CrashWorldOptions) {
    this.#options = options
    this.#disk = new MemoryDisk({ powerLoss: options.powerLoss })
    let operations = 0
    this.#disk.beforeOperation = async () => {
      await turns(options.diskTurns[operations++ % options.diskTurns.length] ?? 0)
    }
  }

  get broker(): EmbeddedBroker {
    return this.#broker
  }

  async boot(): Promise<void> {
    const { tailBytesMax, segmentBytes } = this.#options
    this.#lives++
    this.#database = new MemoryDatabase(this.#disk)
    this.#broker = await EmbeddedBroker.open({
      database: this.#database,
      clock: new ManualClock(),
      tailBytesMax,
      segmentBytes,
    })
    const [known] = await this.#broker.describeTopics([TOPIC])
    if (known === undefined) {
      await this.#broker.createTopics([{ name: TOPIC, partitions: PARTITIONS }])
    }
    this.#producer = this.#broker.producer()
    this.#handles = []
    this.#current = []
    for (let tx = 0; tx < TRANSACTIONS; tx++) {
      // The first id comes back; the others are never heard of again after a crash.
      const life = tx === 0 ? '' : this.#lives.toString()
      const handle = this.#broker.transaction(`tx-${tx}-${life}`)
      await handle.init()
      this.#handles.push(handle)
      this.#current.push(null)
    }
    // What follows may be lost by a loss of power; the topic and the ids may not.
    await this.#database.flush()
  }

  async run(step: Exclude<Step, { kind: 'crash' }>): Promise<void> {
    if (step.kind === 'turns') {
      await turns(step.count)
    } else if (step.kind === 'settle') await this.settle()
    else if (step.kind === 'produce') this.#produce(step.partition, step.count)
    else if (step.kind === 'end') this.#end(step.tx, step.verdict)
    else if (step.kind === 'offsets') this.#sendOffsets(step.tx)
    else this.#send(step.tx, step.partition, step.count)
  }

  async settle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  /** Kills the broker; with `lostShare` above 0 the disk loses that share of unflushed batches. */
  async crash(lostShare: number): Promise<void> {
    const survivingBatches = Math.floor(this.#disk.unflushedBatches * (1 - lostShare))
    this.#disk.crash(this.#options.powerLoss ? { survivingBatches } : undefined)
    // Calls of the dead broker fail now; nothing of it counts any more.
    await this.settle()
    await this.boot()
  }

  read(partition: number, isolation: 'read_committed' | 'read_uncommitted'): Promise<ReadRecord[]> {
    return readAll(this.#broker, { topic: TOPIC, partition }, { isolation })
  }

  async committedOffset(): Promise<number | null> {
    const [committed] = await this.#broker.groupAdmin(GROUP).committed()
    return committed?.offset ?? null
  }

  #produce(partition: number, count: number): void {
    const effort = this.#effort(partition, count)
    this.plain.push(effort)
    this.#track(this.#producer, async (producer) => {
      effort.ack = await sendValues(producer as Producer, TOPIC, effort.values, partition)
    })
  }

  #send(tx: number, partition: number, count: number): void {
    const effort = this.#effort(partition, count)
    this.#model(tx).efforts.push(effort)
    this.#track(this.#handles[tx]!, async (handle) => {
      effort.ack = await sendValues(handle as Transaction, TOPIC, effort.values, partition)
    })
  }

  #sendOffsets(tx: number): void {
    // As in the runtime, where one task commits a partition's offset: one id holds it at a time.
    if (tx !== 0) return
    const offset = ++this.#offsets
    this.#model(tx).offset = offset
    this.#track(this.#handles[tx]!, async (handle) => {
      await (handle as Transaction).sendOffsets(
        [{ topic: TOPIC, partition: 0, offset, metadata: '' }],
        { groupId: GROUP, generationId: -1, memberId: '' },
      )
    })
  }

  #end(tx: number, verdict: 'commit' | 'abort'): void {
    const model = this.#current[tx] ?? null
    this.#current[tx] = null
    if (model !== null) model.verdict = verdict === 'commit' ? 'committing' : 'aborting'
    this.#track(this.#handles[tx]!, async (handle) => {
      await (handle as Transaction)[verdict]()
      if (model !== null) model.verdict = verdict === 'commit' ? 'committed' : 'aborted'
    })
  }

  #model(tx: number): TransactionModel {
    const known = this.#current[tx]
    if (known != null) return known
    const model: TransactionModel = { efforts: [], offset: null, verdict: 'none' }
    this.#current[tx] = model
    this.transactions.push(model)
    return model
  }

  #effort(partition: number, count: number): Effort {
    const values = Array.from({ length: count }, () => `v${this.#values++}`)
    return { partition, values, ack: null }
  }

  /** Calls of one holder run in the order of the steps; failures are those of a crash. */
  readonly #last = new WeakMap<object, Promise<unknown>>()
  #track(holder: Producer | Transaction, call: (holder: object) => Promise<void>): void {
    const isPlain = holder === this.#producer
    const before = isPlain ? Promise.resolve() : (this.#last.get(holder) ?? Promise.resolve())
    const done = before.then(() => call(holder)).catch(() => undefined)
    this.#last.set(holder, done)
    this.#pending.add(done)
    void done.then(() => this.#pending.delete(done))
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
