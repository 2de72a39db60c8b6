import { expect, it } from 'vitest'
import { FatalBrokerError, RetriableError } from '../../../broker/errors.ts'
import { Backoff, retrying } from '../../../broker/kafka/backoff.ts'

class PausedCluster {
  readonly pauses: number[] = []
  isClosed = false

  pause(ms: number): Promise<void> {
    this.pauses.push(ms)
    return Promise.resolve()
  }
}

/** Fails so many times, then succeeds. */
function failing(times: number, error: Error): () => Promise<number> {
  let attempts = 0
  return () => (++attempts <= times ? Promise.reject(error) : Promise.resolve(attempts))
}

it('pauses double up to a second, each shortened by less than half', () => {
  const backoff = new Backoff()
  const pauses = Array.from({ length: 10 }, () => backoff.next())
  pauses.forEach((pauseMs, i) => {
    const limitMs = Math.min(20 * 2 ** i, 1000)
    expect(pauseMs).toBeGreaterThanOrEqual(limitMs / 2)
    expect(pauseMs).toBeLessThanOrEqual(limitMs)
  })
  backoff.reset()
  expect(backoff.next()).toBeLessThanOrEqual(20)
})

it('calls again what passes, until it has', async () => {
  const cluster = new PausedCluster()
  expect(await retrying(cluster, 60_000, failing(3, new RetriableError('busy')))).toBe(4)
  expect(cluster.pauses).toHaveLength(3)
})

it('does not call again what does not pass', async () => {
  const cluster = new PausedCluster()
  const refused = retrying(cluster, 60_000, failing(1, new FatalBrokerError('refused')))
  await expect(refused).rejects.toThrow(FatalBrokerError)
  expect(cluster.pauses).toEqual([])
})

it('makes one attempt without any time, and gives up with its error', async () => {
  const cluster = new PausedCluster()
  await expect(retrying(cluster, 0, failing(1, new RetriableError('busy')))).rejects.toThrow('busy')
  expect(await retrying(cluster, 0, failing(0, new RetriableError('busy')))).toBe(1)
})

it('ends with the client', async () => {
  const cluster = new PausedCluster()
  cluster.isClosed = true
  const ended = retrying(cluster, 60_000, failing(1, new RetriableError('busy')))
  await expect(ended).rejects.toThrow('busy')
  expect(cluster.pauses).toEqual([])
})
