/**
 * What the metadata of a committed offset carries: the task's stream time, so that a task which
 * moves does not go back in time, and the hash of its sub-topology, so that a changed one is found
 * out before it takes foreign state for its own.
 *
 * Layout: `2:<streamTimeMs>:<hash>`, before that `1:<streamTimeMs>`. Metadata of another shape (an
 * offset set by a tool) means unknown.
 */
export interface CommitMetadata {
  /** −1: unknown. */
  readonly streamTimeMs: number
  /** Null: unknown. */
  readonly hash: string | null
}

export function encodeCommitMetadata(streamTimeMs: number, hash: string): string {
  return `2:${streamTimeMs}:${hash}`
}

export function decodeCommitMetadata(metadata: string): CommitMetadata {
  const match = /^(?:1:(-?\d{1,16})|2:(-?\d{1,16}):([0-9a-f]{16}))$/.exec(metadata)
  if (match === null) return { streamTimeMs: -1, hash: null }
  return { streamTimeMs: Number(match[1] ?? match[2]), hash: match[3] ?? null }
}

/** A task's stream time, from the metadata of all its inputs; −1: unknown. */
export function newestStreamTime(metadata: readonly string[]): number {
  return Math.max(-1, ...metadata.map((each) => decodeCommitMetadata(each).streamTimeMs))
}

/** Marks offsets of a reset that was not finished: state and offsets may not fit each other. */
export const RESET_PENDING = 'reset-pending'
