import type { DatabaseBatch } from '../../state/task-database.ts'
import type { Clock } from '../clock.ts'
import { GroupNotEmptyError } from '../errors.ts'
import type { CommittedOffset, GroupMetadata, TopicPartition } from '../port.ts'
import type { TransactionVerdict } from '../record-batch/control-record.ts'
import { GroupMembership } from './group-membership.ts'
import { GroupOffsets } from './group-offsets.ts'
import type { OpenTransaction } from './open-transaction.ts'
import { groupOffsetKey } from './row-keys.ts'
import { encodeRow, type GroupOffsetRow } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

const METADATA_BYTES_MAX = 4096

interface ConsumerGroup {
  readonly membership: GroupMembership
  readonly offsets: GroupOffsets
}

export interface GroupCoordinatorOptions {
  readonly writes: WriteQueue
  readonly clock: Clock
  readonly randomId: () => string
}

/**
 * The consumer groups: who is in them, and their committed offsets.
 *
 * Offsets are kept on disk; membership is not, because members live in this process.
 */
export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #groups = new Map<string, ConsumerGroup>()

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
  }

  restore({ groupId, ...offset }: GroupOffsetRow): void {
    this.#group(groupId).offsets.set(offset)
  }

  membership(groupId: string): GroupMembership {
    return this.#group(groupId).membership
  }

  offsets(groupId: string): GroupOffsets {
    return this.#group(groupId).offsets
  }

  /**
   * Takes offsets into a transaction.
   *
   * @throws {FencedError} the member is gone
   * @throws {StaleGenerationError} the generation is over
   * @throws {RangeError} an offset or its metadata is out of bounds
   */
  hold(open: OpenTransaction, offsets: readonly CommittedOffset[], group: GroupMetadata): void {
    offsets.forEach(checkOffset)
    this.membership(group.groupId).checkCommit(group)
    this.offsets(group.groupId).hold(open, offsets)
    const held = open.offsets.get(group.groupId)
    if (held === undefined) open.offsets.set(group.groupId, [...offsets])
    else held.push(...offsets)
  }

  put(groupId: string, offsets: readonly CommittedOffset[], batch: DatabaseBatch): void {
    for (const { topic, partition, offset, metadata } of offsets) {
      const row: GroupOffsetRow = { groupId, topic, partition, offset, metadata }
      batch.put(groupOffsetKey(groupId, topic, partition), encodeRow(row))
    }
  }

  /** The transaction is decided: its offsets count, or never did. */
  release(open: OpenTransaction, verdict: TransactionVerdict): void {
    for (const [groupId, offsets] of open.offsets) {
      const group = this.offsets(groupId)
      if (verdict === 'commit') for (const offset of offsets) group.set(offset)
      group.release(open, offsets)
    }
  }

  /**
   * Commits a member's offsets without a transaction.
   *
   * @throws as `hold`
   */
  async commit(offsets: readonly CommittedOffset[], group: GroupMetadata): Promise<void> {
    offsets.forEach(checkOffset)
    this.membership(group.groupId).checkCommit(group)
    await this.#set(group.groupId, offsets)
  }

  /** @throws {GroupNotEmptyError} while a member is alive */
  async alter(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    offsets.forEach(checkOffset)
    this.#checkEmpty(groupId)
    await this.#set(groupId, offsets)
  }

  async #set(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#options.writes.enqueue((batch) => {
      this.put(groupId, offsets, batch)
    })
    for (const offset of offsets) this.offsets(groupId).set(offset)
  }

  /** @throws {GroupNotEmptyError} while a member is alive */
  async delete(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkEmpty(groupId)
    await this.#options.writes.enqueue((batch) => {
      for (const { topic, partition } of partitions) {
        batch.delete(groupOffsetKey(groupId, topic, partition))
      }
    })
    for (const at of partitions) this.offsets(groupId).delete(at)
  }

  /** Forgets the offsets of a topic that is deleted with the same batch. */
  deleteTopic(topic: string, batch: DatabaseBatch): void {
    for (const [groupId, { offsets }] of this.#groups) {
      for (const at of offsets.all()) {
        if (at.topic !== topic) continue
        offsets.delete(at)
        batch.delete(groupOffsetKey(groupId, topic, at.partition))
      }
    }
  }

  #checkEmpty(groupId: string): void {
    if (this.membership(groupId).isEmpty) return
    throw new GroupNotEmptyError(`group ${groupId} has members`)
  }

  #group(groupId: string): ConsumerGroup {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const { clock, randomId } = this.#options
    const membership = new GroupMembership(groupId, clock, randomId)
    const group = { membership, offsets: new GroupOffsets() }
    this.#groups.set(groupId, group)
    return group
  }
}

function checkOffset({ topic, partition, offset, metadata }: CommittedOffset): void {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new RangeError(`offset ${offset} of ${topic}-${partition}`)
  }
  const bytes = Buffer.byteLength(metadata)
  if (bytes > METADATA_BYTES_MAX) {
    throw new RangeError(`${bytes} bytes of offset metadata, at most ${METADATA_BYTES_MAX}`)
  }
}
