/**
 * What the metadata of a committed offset carries: the task's stream time, so that a task which
 * moves does not go back in time; the hash of its sub-topology, so that a changed one is found out
 * before it takes foreign state for its own; the topics that it read and kept its state in; and the
 * number of the commit, so that one of a punctuation, which moves no offset, is told from the one
 * before it.
 *
 * Layout: `4:<streamTimeMs>:<hash>:<topics>:<number>`; in version 3 without the number, in 2 without
 * topics, in 1 without the hash. Metadata of another shape (an offset set by a tool) means unknown.
 */
export interface CommitMetadata {
  /** −1: unknown. */
  readonly streamTimeMs: number
  /** Null: unknown. */
  readonly hash: string | null
  /** As {@link TopicIdentities.text}; empty: unknown. */
  readonly topics: string
  /** Counts the commits of the task, whoever ran it; 0: unknown. */
  readonly number: number
}

export function encodeCommitMetadata(metadata: CommitMetadata & { readonly hash: string }): string {
  const { hash, number, streamTimeMs, topics } = metadata
  return `4:${streamTimeMs}:${hash}:${topics}:${number}`
}

const shape =
  /^[1-4]:(?<time>-?\d{1,16})(?::(?<hash>[0-9a-f]{16})(?::(?<topics>[0-9a-f.]*)(?::(?<number>\d{1,16}))?)?)?$/

export function decodeCommitMetadata(metadata: string): CommitMetadata {
  const { time, hash, number, topics } = shape.exec(metadata)?.groups ?? {}
  return {
    streamTimeMs: time === undefined ? -1 : Number(time),
    hash: hash ?? null,
    topics: topics ?? '',
    number: Number(number ?? 0),
  }
}

/** A task's stream time, from the metadata of all its inputs; −1: unknown. */
export function newestStreamTime(metadata: readonly string[]): number {
  return Math.max(-1, ...metadata.map((each) => decodeCommitMetadata(each).streamTimeMs))
}

/** The number of a task's last commit, from the metadata of all its inputs; 0: unknown. */
export function lastCommitNumber(metadata: readonly string[]): number {
  return Math.max(0, ...metadata.map((each) => decodeCommitMetadata(each).number))
}

/** Marks offsets of a reset that was not finished: state and offsets may not fit each other. */
export const RESET_PENDING = 'reset-pending'
