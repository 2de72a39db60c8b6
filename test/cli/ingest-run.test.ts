import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { InstanceClient } from '../../cli/http/instance-client.ts'
import { IngestRun } from '../../cli/input/ingest-run.ts'
import type { LineBatch } from '../../cli/input/line-batches.ts'

/** What a healthy instance does not do on demand: refuse, stall, be something else. */

let server: Server | null = null
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

type Reply = (request: IncomingMessage, response: ServerResponse) => void

async function clientOf(...replies: Reply[]): Promise<InstanceClient> {
  let next = 0
  server = createServer((request, response) => {
    request
      .resume()
      .on('end', () => replies[Math.min(next++, replies.length - 1)]!(request, response))
  })
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return new InstanceClient(`http://127.0.0.1:${port}`, 'secret-token')
}

const json =
  (status: number, body: unknown): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

const batch = (firstLine: number, lines: number): LineBatch => ({
  bytes: Buffer.from('{}\n'.repeat(lines)),
  firstLine,
  lines,
})

const runOn = (client: InstanceClient, signal = new AbortController().signal): IngestRun =>
  new IngestRun(client, '/api/v1/observations', signal)

test('a batch that the instance could not take is sent again as it was', async () => {
  const busy = json(503, { error: { code: 'INGEST_FAILED', message: 'the log is busy' } })
  const client = await clientOf(busy, json(200, { accepted: 2, rejected: 0, errors: [] }))
  const run = runOn(client)
  await run.send(batch(1, 2))
  expect(run).toMatchObject({ accepted: 2, rejected: 0 })
  client.close()
})

test('rejected lines are numbered through all batches', async () => {
  const errors = [{ line: 2, error: 'unknown field' }]
  const client = await clientOf(json(200, { accepted: 1, rejected: 1, errors }))
  const run = runOn(client)
  await run.send(batch(1, 2))
  await run.send(batch(3, 2))
  expect(run.errors.map(({ line }) => line)).toEqual([2, 4])
  client.close()
})

test('a batch of which nothing was accepted is counted, not a failure', async () => {
  const errors = [{ line: 1, error: 'not JSON' }]
  const error = { code: 'ALL_LINES_REJECTED', message: 'no line of the body was accepted' }
  const client = await clientOf(json(422, { accepted: 0, rejected: 1, errors, error }))
  const run = runOn(client)
  await run.send(batch(1, 1))
  expect(run).toMatchObject({ accepted: 0, rejected: 1 })
  client.close()
})

test('a refusal is told with its code, and the token is sent', async () => {
  const seen: (string | undefined)[] = []
  const client = await clientOf((request, response) => {
    seen.push(request.headers.authorization)
    json(403, { error: { code: 'FORBIDDEN', message: 'not allowed' } })(request, response)
  })
  await expect(runOn(client).send(batch(1, 1))).rejects.toThrow(
    'not allowed (FORBIDDEN); give a token with --token or ATTRIBUTION_TOKEN',
  )
  expect(seen).toEqual(['Bearer secret-token'])
  client.close()
})

test('a server that is something else is told as that', async () => {
  const client = await clientOf((_request, response) => response.end('<html>'))
  await expect(runOn(client).send(batch(1, 1))).rejects.toThrow(
    'is it an attribution-streams instance?',
  )
  client.close()
})

test('an interruption ends a request that waits', async () => {
  const stop = new AbortController()
  const client = await clientOf(() => stop.abort())
  await expect(runOn(client, stop.signal).send(batch(1, 1))).rejects.toMatchObject({
    name: 'AbortError',
  })
  client.close()
})
