import { partitionFor } from '../bytes/murmur2.ts'
import type { PartitionRecords } from '../broker/port.ts'
import { BatchBuilder } from '../broker/record-batch/batch-builder.ts'
import type { RawRecord, RecordHeader } from '../broker/record-batch/record.ts'
import type { RecordBatch } from '../broker/record-batch/record-batch.ts'
import { rawKey, rawValue } from '../broker/record-batch/record-fields.ts'
import type { ByteString } from '../bytes/byte-string.ts'
import type { TaskStores } from '../topology/execution.ts'
import type { BuiltTopology } from '../topology/nodes.ts'
import type { Deserializer, Serializer } from '../topology/serde.ts'
import { DriverGlobalTables } from './test-driver-global-tables.ts'
import { DriverLog, readable, type DriverRecord, type WrittenRecord } from './test-driver-log.ts'
import { layOutDriver, type DriverLayout } from './test-driver-layout.ts'
import { DriverTask } from './test-driver-task.ts'
import { ForcedMisses, seededChoice, type MissChoice } from './forced-misses.ts'

export interface TestDriverOptions {
  /** @default 'test' */
  readonly applicationId?: string
  /** Partitions of every topic of the outside for which no source demands a number. @default 1 */
  readonly partitions?: number
  /** Topics that exist though the topology does not name them: patterns see these. */
  readonly topics?: readonly string[]
  /** Where the wall clock starts, milliseconds. @default 0 */
  readonly wallClockMs?: number
  /** Every read of every record misses first, and nothing stays in memory. @default false */
  readonly missEverything?: boolean
  /** Batches after which a topology counts as one that feeds itself for ever. @default 100000 */
  readonly batchesMax?: number
  /** Reads miss now and then, the same ones for the same seed. */
  readonly missRandomly?: { readonly seed: number; readonly probability: number }
}

/** A record to be read by the topology, already encoded. */
export interface PipedRecord {
  readonly key: string | Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
  readonly headers?: readonly RecordHeader[]
  /** @default where Kafka's default partitioner puts the key */
  readonly partition?: number
  /** The topic stamps records with the broker's clock: this instead of `timestampMs`. */
  readonly appendTimeMs?: number
}

export interface DeadLetter {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: Buffer | null
  readonly timestampMs: number
  readonly error: unknown
}

const CACHE_BYTES_MAX = 256 * 1024 * 1024

/**
 * Runs a whole topology in memory, with the executor, state and collectors of the runtime and a
 * clock that moves by hand.
 *
 * D1. Every method resolves when the topology is at rest: repartition topics, and topics that the
 *     topology both writes and reads, are fed through.
 * D2. A batch is committed when it ends, so `store` and `read` show committed data.
 *
 * ```ts
 * const driver = new TopologyTestDriver(topology)
 * await driver.pipe('session', { key: 'x', value: Buffer.from('…'), timestampMs: 0 })
 * driver.readValues('session-count', decodeCount)
 * ```
 */
export class TopologyTestDriver {
  /** Totals by `node/counter`. */
  readonly counters = new Map<string, number>()
  /** Records that failed, in the order in which they did; also in topic `<application>-dlq`. */
  readonly deadLetters: DeadLetter[] = []
  /** Failures of punctuations, batch ends and rows of global tables: no dead letter tells them. */
  readonly failures: Error[] = []
  readonly #layout: DriverLayout
  readonly #tables: DriverGlobalTables
  readonly #tasks: readonly DriverTask[]
  readonly #log = new DriverLog()
  readonly #unread = new Map<string, WrittenRecord[]>()
  readonly #batchesMax: number
  #wallClockMs: number
  #started: Promise<unknown> | null = null

  /** @throws {TopologyError} partition counts do not fit */
  constructor(topology: BuiltTopology, options: TestDriverOptions = {}) {
    const misses = missChoice(options)
    this.#wallClockMs = options.wallClockMs ?? 0
    this.#batchesMax = options.batchesMax ?? 100_000
    this.#layout = layOutDriver(topology, options)
    this.#tables = new DriverGlobalTables(topology.globalTables)
    const env = {
      applicationId: this.#layout.applicationId,
      topology,
      partitionCounts: this.#layout.partitionCounts,
      globalTables: this.#tables.tables,
      counters: this.counters,
      cacheBytesMax: options.missEverything === true ? 0 : CACHE_BYTES_MAX,
      withMisses: (stores: TaskStores) =>
        misses === null ? stores : new ForcedMisses(stores, misses),
      onDeadLetter: (topic: string, partition: number, raw: RawRecord, error: unknown) => {
        this.deadLetters.push(deadLetter(topic, partition, raw, error))
      },
      onFailure: (error: Error) => void this.failures.push(error),
    }
    this.#tasks = this.#layout.tasks.map((plan) => new DriverTask(env, plan))
  }

  get wallClockMs(): number {
    return this.#wallClockMs
  }

  /** Writes one record to a topic that the topology reads, and lets it run through. */
  async pipe(topic: string, record: PipedRecord): Promise<void> {
    await this.pipeBatch([{ topic, ...record }])
  }

  /** Writes values one after the other, each run through before the next. */
  async pipeValues<V>(
    topic: string,
    serializer: Serializer<V>,
    records: Iterable<{ key: string | null; value: V; timestampMs: number }>,
  ): Promise<void> {
    for (const { key, timestampMs, value } of records) {
      await this.pipe(topic, { key, value: serializer(value), timestampMs })
    }
  }

  /**
   * Writes records that the tasks then find together: each takes its share as one batch, the
   * topics of a task in the order of their timestamps.
   */
  async pipeBatch(records: Iterable<PipedRecord & { readonly topic: string }>): Promise<void> {
    await this.#start()
    for (const { appendTimeMs, headers, key, partition, timestampMs, topic, value } of records) {
      const count = this.#layout.inputPartitions(topic)
      const bytes = typeof key === 'string' ? Buffer.from(key) : key
      const builder = new BatchBuilder({ initialBytes: 256 })
      builder.append(bytes, value, timestampMs, headers)
      const target = partition ?? (bytes === null ? 0 : partitionFor(bytes, count))
      this.#deliver(topic, target, this.#log.append(topic, target, builder, appendTimeMs))
    }
    await this.#rest()
  }

  /** Moves the wall clock and runs the punctuations that fall due: each once. */
  async advanceWallClock(ms: number): Promise<void> {
    await this.#start()
    this.#wallClockMs += ms
    for (const task of this.#tasks) this.#publish(await task.punctuate(this.#wallClockMs))
    await this.#rest()
  }

  /** Replaces all processors by new ones; what they kept outside of stores is lost. */
  async restart(): Promise<void> {
    await this.#start()
    for (const task of this.#tasks) await task.restart(this.#wallClockMs)
  }

  /** Takes the records written to a topic since the last call, partition by partition. */
  read(topic: string): DriverRecord[] {
    return this.#take(topic).map(readable)
  }

  /** As {@link read}, decoded. */
  readValues<V>(
    topic: string,
    deserializer: Deserializer<V>,
  ): { key: string | null; value: V; timestampMs: number }[] {
    return this.#take(topic).map((written) => {
      const { key, timestampMs } = readable(written)
      return { key, value: deserializer(written.raw), timestampMs }
    })
  }

  /** Committed rows of a store, over all partitions. */
  store<V>(name: string): DriverStore<V> {
    const tasks = this.#tasks.filter(({ plan }) => plan.subTopology.storeOwners.has(name))
    if (tasks.length === 0) throw new RangeError(`the topology has no store ${name}`)
    const start = () => this.#start()
    return {
      async get(key) {
        await start()
        for (const { state } of tasks) {
          const value = await state!.view.get<V>(name, key)
          if (value !== undefined) return value
        }
        return undefined
      },
      async entries() {
        await start()
        const scan = { prefix: '', limit: Infinity }
        const pages = await Promise.all(tasks.map(({ state }) => state!.view.scan<V>(name, scan)))
        return pages.flat().sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      },
    }
  }

  /** Stream time of a task, as `0_0`; −1 before its first record. */
  streamTimeMs(taskId: string): number {
    const task = this.#tasks.find(({ plan }) => plan.taskId === taskId)
    if (task === undefined) throw new RangeError(`the topology has no task ${taskId}`)
    return task.streamTimeMs
  }

  async close(): Promise<void> {
    await this.#start()
    for (const task of this.#tasks) await task.close()
  }

  #start(): Promise<unknown> {
    this.#started ??= Promise.all(this.#tasks.map((task) => task.start(this.#wallClockMs)))
    return this.#started
  }

  /** Lets tasks work, in the order of their ids, until none has input. */
  async #rest(): Promise<void> {
    for (let batches = 0; ;) {
      const task = this.#tasks.find(({ hasInput }) => hasInput)
      if (task === undefined) return
      if (++batches > this.#batchesMax) {
        throw new Error(`the topology does not come to rest: ${this.#batchesMax} batches so far`)
      }
      this.#publish(await task.processBatch(this.#wallClockMs))
    }
  }

  #publish(outputs: readonly PartitionRecords[]): void {
    for (const { partition, records, topic } of outputs) {
      const batch = this.#log.append(topic, partition, records, undefined)
      const unread = this.#unread.get(topic) ?? []
      this.#unread.set(topic, unread)
      batch.forEach((raw) => unread.push({ topic, partition, raw }))
      this.#deliver(topic, partition, batch)
    }
  }

  #take(topic: string): WrittenRecord[] {
    const records = this.#unread.get(topic) ?? []
    this.#unread.delete(topic)
    return records.sort((a, b) => a.partition - b.partition || a.raw.offset - b.raw.offset)
  }

  #deliver(topic: string, partition: number, batch: RecordBatch): void {
    const end = batch.lastOffset + 1
    this.#layout.queue(topic, partition)?.add([batch], end, end)
    this.#tables.update(topic, batch, (error) => void this.failures.push(error))
  }
}

export interface DriverStore<V> {
  /** The first partition that has the key answers. */
  get(key: ByteString): Promise<V | undefined>
  /** In key order. */
  entries(): Promise<[ByteString, V][]>
}

function missChoice({ missEverything, missRandomly }: TestDriverOptions): MissChoice | null {
  if (missEverything === true) return () => true
  if (missRandomly === undefined) return null
  return seededChoice(missRandomly.seed, missRandomly.probability)
}

function deadLetter(topic: string, partition: number, raw: RawRecord, error: unknown): DeadLetter {
  const { offset, timestampMs } = raw
  const key = rawKey(raw)?.toString('utf8') ?? null
  return { topic, partition, offset, key, value: rawValue(raw), timestampMs, error }
}
