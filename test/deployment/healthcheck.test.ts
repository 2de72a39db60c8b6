import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../tidy/source-tree.ts'

/** bin/healthcheck.js as a container runs it. */

const script = path.join(root, 'bin/healthcheck.js')
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url!)
  response.writeHead(request.url === '/livez' ? 200 : 503).end('{}')
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())

function exitCode(port: number, ...args: string[]): Promise<number | null> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], PORT: String(port) }
    const child = execFile(process.execPath, [script, ...args], { env })
    child.on('close', resolve)
  })
}

test('says that an instance lives by /livez, and is ready by /readyz', async () => {
  const { port } = server.address() as AddressInfo
  expect(await exitCode(port)).toBe(0)
  expect(await exitCode(port, '/readyz')).toBe(1)
  expect(asked).toEqual(['/livez', '/readyz'])
})

test('says that nothing lives where nothing answers', async () => {
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  expect(await exitCode(port)).toBe(1)
})
