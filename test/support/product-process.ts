import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'

const command = fileURLToPath(new URL('../../bin/attribution-streams.js', import.meta.url))

/**
 * The built program as a user runs it, in a process of its own.
 *
 * It listens on a free port and inherits no settings from the environment of the tests.
 */
export class ProductProcess {
  readonly url: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
    this.#ended = once(child, 'exit')
  }

  /** Starts `attribution-streams start`; resolves when HTTP answers (tasks may still restore). */
  static async start(stateDir: string, settings: Record<string, string> = {}) {
    const child = spawn(process.execPath, [command, 'start', '--json'], {
      env: {
        PATH: process.env['PATH'],
        STATE_DIR: stateDir,
        PORT: '0',
        LOG_LEVEL: 'error',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const errors: string[] = []
    child.stderr.on('data', (data: Buffer) => errors.push(data.toString()))
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as { event: string; url?: string }
      if (event.event !== 'listening') continue
      child.stdout.resume()
      return new ProductProcess(child, event.url!)
    }
    throw new Error(`the program ended before it listened: ${errors.join('')}`)
  }

  /** `kill -9`: nothing in the process runs any more. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
