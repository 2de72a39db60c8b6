import { BatchBuilder, type BatchMark } from '../broker/record-batch/batch-builder.ts'
import type { RecordHeader } from '../broker/record-batch/record.ts'
import type { PartitionRecords } from '../broker/port.ts'
import { partitionFor } from '../bytes/murmur2.ts'
import type { ByteString } from '../bytes/byte-string.ts'
import { ProductionError } from '../topology/errors.ts'
import type { RecordCollector } from '../topology/execution.ts'
import { BATCH_BYTES_MAX } from './internal-topics.ts'

/** A batch is closed when it reaches this; small enough for readers, large enough to amortise. */
const BATCH_BYTES_TARGET = 256 * 1024
/** Header of a batch and of a record, generously. */
const OVERHEAD_BYTES = 256

/**
 * Collects what a task sends until the next commit, as record batches under construction.
 *
 * C1. Keys and values are copied at once into the batch of their partition.
 * C2. `rollback` leaves every batch as it was at `begin`; only touched batches are visited.
 * C3. `take` hands everything over and starts anew: the next transaction never sends into the last.
 */
export class OutputCollector implements RecordCollector {
  readonly #partitionCounts: ReadonlyMap<string, number>
  #outputs = new Map<string, PartitionOutput[]>()
  /** The first `#touchedCount` were touched in this scope; emptying an array a record is dear. */
  readonly #touched: PartitionOutput[] = []
  #touchedCount = 0
  #scope = 0
  #key = Buffer.allocUnsafe(256)
  #recordCount = 0

  /** @param partitionCounts partitions of every topic that may be written */
  constructor(partitionCounts: ReadonlyMap<string, number>) {
    this.#partitionCounts = partitionCounts
  }

  /** Records collected since the last `take`, changelogs included. */
  get recordCount(): number {
    return this.#recordCount
  }

  /** Bytes of the batches under construction. Asked once a batch of input, not once a record. */
  get sizeBytes(): number {
    let bytes = 0
    for (const outputs of this.#outputs.values()) {
      for (const { builders } of outputs) for (const { sizeBytes } of builders) bytes += sizeBytes
    }
    return bytes
  }

  begin(): void {
    this.#scope++
    this.#touchedCount = 0
  }

  commit(): void {
    this.#touchedCount = 0
  }

  rollback(): void {
    for (let i = 0; i < this.#touchedCount; i++) this.#recordCount -= this.#touched[i]!.rollback()
    this.#touchedCount = 0
  }

  send(
    topic: string,
    key: string | null,
    value: Buffer | null,
    timestampMs: number,
    partition?: number,
    headers?: readonly RecordHeader[],
  ): void {
    const keyBytes = key === null ? null : this.#writeKey(key, 'utf8')
    const target = partition ?? this.#partitionOf(topic, keyBytes)
    this.#append(topic, target, keyBytes, value, timestampMs, headers)
  }

  /** A changelog record: the key is a byte string and the partition is the task's. */
  sendState(
    topic: string,
    partition: number,
    key: ByteString,
    value: Buffer | null,
    timestampMs: number,
  ): void {
    this.#append(topic, partition, this.#writeKey(key, 'latin1'), value, timestampMs, undefined)
  }

  /** Sends raw bytes of a source record onwards (dead letters). */
  sendRaw(
    topic: string,
    partition: number,
    key: Buffer | null,
    value: Buffer | null,
    timestampMs: number,
    headers: readonly RecordHeader[],
  ): void {
    this.#append(topic, partition, key, value, timestampMs, headers)
  }

  /** Hands over everything collected, in order per partition. */
  take(): PartitionRecords[] {
    const taken: PartitionRecords[] = []
    for (const [topic, outputs] of this.#outputs) {
      for (const output of outputs) {
        for (const records of output.builders) {
          if (records.count > 0) taken.push({ topic, partition: output.partition, records })
        }
      }
    }
    this.clear()
    return taken
  }

  clear(): void {
    this.#outputs = new Map()
    this.#touched.length = 0
    this.#touchedCount = 0
    this.#recordCount = 0
  }

  #append(
    topic: string,
    partition: number,
    key: Buffer | null,
    value: Buffer | null,
    timestampMs: number,
    headers: readonly RecordHeader[] | undefined,
  ): void {
    const bytes = (key?.length ?? 0) + (value?.length ?? 0) + OVERHEAD_BYTES
    if (bytes > BATCH_BYTES_MAX) {
      throw new ProductionError(
        `a record of ${bytes} bytes for ${topic} exceeds the largest batch, ${BATCH_BYTES_MAX} bytes`,
      )
    }
    const output = this.#output(topic, partition)
    if (output.scope !== this.#scope) {
      output.open(this.#scope)
      this.#touched[this.#touchedCount++] = output
    }
    output.builderFor(bytes).append(key, value, timestampMs, headers)
    output.scopeRecords++
    this.#recordCount++
  }

  #output(topic: string, partition: number): PartitionOutput {
    let outputs = this.#outputs.get(topic)
    if (outputs === undefined) {
      outputs = []
      this.#outputs.set(topic, outputs)
    }
    for (const output of outputs) if (output.partition === partition) return output
    const output = new PartitionOutput(partition)
    outputs.push(output)
    return output
  }

  #partitionOf(topic: string, key: Buffer | null): number {
    const count = this.#partitionCounts.get(topic)
    if (count === undefined) {
      throw new ProductionError(`topic ${topic} is not known: create it, then start again`)
    }
    return key === null ? 0 : partitionFor(key, count)
  }

  #writeKey(key: string, encoding: 'utf8' | 'latin1'): Buffer {
    const room = key.length * 3
    if (room > this.#key.length) this.#key = Buffer.allocUnsafe(room)
    return this.#key.subarray(0, this.#key.write(key, encoding))
  }
}

/** The batches of one partition, and where the current scope found them. */
class PartitionOutput {
  readonly partition: number
  readonly builders: BatchBuilder[] = [new BatchBuilder()]
  scope = -1
  scopeRecords = 0
  #builderCount = 1
  #mark: BatchMark

  constructor(partition: number) {
    this.partition = partition
    this.#mark = this.builders[0]!.mark()
  }

  open(scope: number): void {
    this.scope = scope
    this.scopeRecords = 0
    this.#builderCount = this.builders.length
    this.#mark = this.builders[this.#builderCount - 1]!.mark()
  }

  builderFor(bytes: number): BatchBuilder {
    const last = this.builders[this.builders.length - 1]!
    if (last.count === 0 || last.sizeBytes + bytes <= BATCH_BYTES_TARGET) return last
    const next = new BatchBuilder()
    this.builders.push(next)
    return next
  }

  /** @returns records dropped */
  rollback(): number {
    this.builders.length = this.#builderCount
    this.builders[this.#builderCount - 1]!.rollback(this.#mark)
    const dropped = this.scopeRecords
    this.scopeRecords = 0
    return dropped
  }
}
