/**
 * What the metadata of a committed offset carries: the task's stream time, so that a task which
 * moves does not go back in time.
 *
 * Layout: `1:<streamTimeMs>`. Metadata of another shape (an offset set by a tool) means unknown.
 */
export function encodeCommitMetadata(streamTimeMs: number): string {
  return `1:${streamTimeMs}`
}

export function streamTimeOf(metadata: string): number {
  const match = /^1:(-?\d{1,16})$/.exec(metadata)
  return match === null ? -1 : Number(match[1])
}

/** Marks offsets of a reset that was not finished: state and offsets may not fit each other. */
export const RESET_PENDING = 'reset-pending'
