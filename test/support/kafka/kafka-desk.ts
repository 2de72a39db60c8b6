import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import type { RunningKafka } from './running-kafka.ts'
import { startKafka } from './start-kafka.ts'

/**
 * Gives all test files of one run the same broker, started when the first of them asks.
 *
 * It lives in vitest's main process; test files, which run in processes of their own, ask it over
 * HTTP (see shared-kafka.ts). A run whose files need no broker starts none.
 */
declare module 'vitest' {
  interface ProvidedContext {
    kafkaDeskUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let kafka: Promise<RunningKafka> | undefined
  const server = createServer((_, response) => {
    kafka ??= startKafka()
    kafka.then(
      ({ bootstrapServers }) => response.end(bootstrapServers),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  project.provide('kafkaDeskUrl', await listen(server))
  return async () => {
    server.close()
    await (await kafka?.catch(() => undefined))?.dispose()
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // The run may end without a teardown; the desk alone must not keep it.
  server.unref()
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
