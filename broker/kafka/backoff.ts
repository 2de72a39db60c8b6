import { RetriableError } from '../errors.ts'
import type { Cluster } from './cluster.ts'

const PAUSE_MIN_MS = 20
const PAUSE_MAX_MS = 1000

/**
 * How long to wait before a call that passes is made again: 20 ms, doubled each time up to a
 * second, less up to half by chance, so that clients that failed together do not return together.
 */
export class Backoff {
  #nextMs = PAUSE_MIN_MS

  next(): number {
    const pauseMs = this.#nextMs * (0.5 + Math.random() / 2)
    this.#nextMs = Math.min(this.#nextMs * 2, PAUSE_MAX_MS)
    return pauseMs
  }

  reset(): void {
    this.#nextMs = PAUSE_MIN_MS
  }
}

/**
 * Makes `attempt` until it succeeds, fails with anything but {@link RetriableError}, or
 * `giveUpAfterMs` have passed: then its last error is thrown. At least one attempt is made; none
 * after the cluster is closed.
 */
export async function retrying<T>(
  cluster: Pick<Cluster, 'pause' | 'isClosed'>,
  giveUpAfterMs: number,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + giveUpAfterMs
  const backoff = new Backoff()
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const leftMs = deadline - performance.now()
      if (!(error instanceof RetriableError) || leftMs <= 0 || cluster.isClosed) throw error
      await cluster.pause(Math.min(backoff.next(), leftMs))
    }
  }
}
