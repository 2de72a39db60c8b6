import { createServer } from 'node:net'

const lowest = 18_000
const highest = 31_999

/**
 * Ports of 127.0.0.1 on which nobody listens now.
 *
 * Taken at random from below the range that systems give to outgoing connections (Linux: from
 * 32768), so that a broker which is killed finds its port free when it starts again. Between this
 * look and the broker's bind another process may take one: the start then fails and is repeated
 * with others.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    if (!ports.has(port) && (await isFree(port))) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
