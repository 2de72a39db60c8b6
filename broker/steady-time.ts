/** Of the time that passes, while the steady time is ahead: an hour is made good in ten. */
const CATCH_UP_SHARE = 0.1

/**
 * Wall-clock time that never goes back.
 *
 * Somebody sets the machine's clock back by an hour, and everything that waits for a time would
 * wait an hour longer: commits, checkpoints, retries. So a step back is not followed: the time runs
 * on from where it was, somewhat slower, until the wall clock has caught up. A step ahead is
 * followed, as after a sleep of the machine: whoever was not heard of for an hour should know.
 *
 * @param wallMs milliseconds since the epoch
 * @returns whole milliseconds since the epoch
 */
export function steadyTime(wallMs: () => number): () => number {
  let lastMs = -Infinity
  let aheadMs = 0
  return () => {
    const wall = wallMs()
    const next = wall + aheadMs
    if (next < lastMs) {
      aheadMs = lastMs - wall
      return Math.floor(lastMs)
    }
    const madeGoodMs = aheadMs > 0 ? Math.min(aheadMs, (next - lastMs) * CATCH_UP_SHARE) : 0
    aheadMs -= madeGoodMs
    lastMs = next - madeGoodMs
    return Math.floor(lastMs)
  }
}
