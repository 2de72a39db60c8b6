import { prefixEnd, toByteString, type ByteString } from '../../bytes/byte-string.ts'

/**
 * Keys of the rows in which the embedded log keeps everything; integers are big endian, so that
 * byte order is offset order.
 *
 * ```
 * T name                              topic
 * P topic u32 · partition u32         log start and cleaner point of a partition
 * B topic u32 · partition u32 · u64   record batch, by its base offset
 * S topic u32 · partition u32 · u64   closed segment, by its base offset
 * A topic u32 · partition u32 · u64   aborted transaction, by the offset of its marker
 * X transactional id                  producer id, epoch, what is open on disk
 * O group · 0 · name · 0 · u32        committed offset of a partition
 * N name                              counter
 * ```
 *
 * K1. Topics have a number that is never given twice: rows of a deleted topic cannot be taken for
 *     those of its successor.
 */
export type LogRowFamily = 'B' | 'S' | 'A'

export interface RowRange {
  readonly gte: ByteString
  readonly lt: ByteString | undefined
}

export interface BoundedRowRange extends RowRange {
  readonly lt: ByteString
}

/** All rows whose key starts with `prefix`. */
export function rowsOf(prefix: ByteString): RowRange {
  return { gte: prefix, lt: prefixEnd(prefix) }
}

export function topicKey(name: string): ByteString {
  return `T${name}`
}

export function counterKey(name: string): ByteString {
  return `N${name}`
}

export function transactionKey(transactionalId: string): ByteString {
  return `X${toByteString(transactionalId)}`
}

export function groupOffsetKey(groupId: string, topic: string, partition: number): ByteString {
  return `O${toByteString(groupId)}\u0000${topic}\u0000${u32(partition)}`
}

/** Keys of one partition's rows. */
export class LogKeys {
  readonly #path: ByteString

  constructor(topicNumber: number, partition: number) {
    this.#path = u32(topicNumber) + u32(partition)
  }

  get partition(): ByteString {
    return `P${this.#path}`
  }

  at(family: LogRowFamily, offset: number): ByteString {
    return family + this.#path + u64(offset)
  }

  /** Rows at from ≤ offset < to. */
  between(family: LogRowFamily, from: number, to: number): BoundedRowRange {
    return { gte: this.at(family, from), lt: this.at(family, to) }
  }

  from(family: LogRowFamily, from: number): RowRange {
    return { gte: this.at(family, from), lt: prefixEnd(family + this.#path) }
  }

  all(family: LogRowFamily): RowRange {
    return rowsOf(family + this.#path)
  }
}

/** Offset at the end of a row key of a log family. */
export function offsetOfKey(key: ByteString): number {
  let offset = 0
  for (let i = key.length - 8; i < key.length; i++) offset = offset * 256 + key.charCodeAt(i)
  return offset
}

function u32(value: number): ByteString {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
}

function u64(value: number): ByteString {
  return u32(Math.floor(value / 0x1_0000_0000)) + u32(value >>> 0)
}
