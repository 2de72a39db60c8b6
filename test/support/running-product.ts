import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startProduct } from '../../cli/compose.ts'
import { resolveConfig } from '../../cli/config/resolve-config.ts'
import { readTopic } from '../simulation/log-contents.ts'
import { eventsBut } from './ignored-events.ts'
import { untilQuiet } from './quiet-engine.ts'

/** The whole product in this process, on a directory of its own and a free port. */
export interface Running {
  readonly url: string
  getJson<T>(path: string): Promise<T>
  /** Resolves when everything accepted so far is processed and committed. */
  untilQuiet(): Promise<void>
  /** Committed records of a topic. */
  recordsIn(topic: string): Promise<number>
  dispose(): Promise<void>
}

export async function startRunning(settings: Record<string, string> = {}): Promise<Running> {
  const stateDir = await mkdtemp(join(tmpdir(), 'attribution-running-'))
  const env = { STATE_DIR: stateDir, PORT: '0', ...settings }
  const { config } = await resolveConfig({ env })
  let failure: unknown = null
  const product = await startProduct({
    config,
    logger: pino({ level: 'silent' }),
    events: eventsBut((error) => {
      failure = error
    }),
  })
  const { engine, url } = product
  return {
    url,
    async getJson<T>(path: string) {
      const response = await fetch(url + path)
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    },
    async untilQuiet() {
      await untilQuiet(engine.instance)
      if (failure !== null) throw new Error('the instance failed', { cause: failure })
    },
    async recordsIn(topic: string) {
      return (await readTopic(engine.broker, topic)).flat().length
    },
    async dispose() {
      await product.close()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}
