/**
 * What the metadata of a committed offset carries: the task's stream time, so that a task which
 * moves does not go back in time; the hash of its sub-topology, so that a changed one is found out
 * before it takes foreign state for its own; and the topics that it read and kept its state in.
 *
 * Layout: `3:<streamTimeMs>:<hash>:<topics>`, before that `2:<streamTimeMs>:<hash>` and
 * `1:<streamTimeMs>`. Metadata of another shape (an offset set by a tool) means unknown.
 */
export interface CommitMetadata {
  /** −1: unknown. */
  readonly streamTimeMs: number
  /** Null: unknown. */
  readonly hash: string | null
  /** As {@link TopicIdentities.text}; empty: unknown. */
  readonly topics: string
}

export function encodeCommitMetadata(streamTimeMs: number, hash: string, topics: string): string {
  return `3:${streamTimeMs}:${hash}:${topics}`
}

const shape = /^[123]:(?<time>-?\d{1,16})(?::(?<hash>[0-9a-f]{16})(?::(?<topics>[0-9a-f.]*))?)?$/

export function decodeCommitMetadata(metadata: string): CommitMetadata {
  const { time, hash, topics } = shape.exec(metadata)?.groups ?? {}
  return {
    streamTimeMs: time === undefined ? -1 : Number(time),
    hash: hash ?? null,
    topics: topics ?? '',
  }
}

/** A task's stream time, from the metadata of all its inputs; −1: unknown. */
export function newestStreamTime(metadata: readonly string[]): number {
  return Math.max(-1, ...metadata.map((each) => decodeCommitMetadata(each).streamTimeMs))
}

/** Marks offsets of a reset that was not finished: state and offsets may not fit each other. */
export const RESET_PENDING = 'reset-pending'
