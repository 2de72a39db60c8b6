import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

export interface MemberOptions {
  /** The compiled `cli/main.js`. */
  readonly program: string
  readonly settings: Readonly<Record<string, string>>
  /** What it writes to its log, over all its lives. */
  readonly logFile: string
}

/** One instance of the product as a process, over its lives: same settings, same state. */
export class MemberProcess {
  readonly #options: MemberOptions
  #child: ChildProcess | null = null
  #url: string | null = null
  #isPaused = false
  /** Ends that nobody asked for, with their exit codes. */
  readonly surprises: string[] = []

  constructor(options: MemberOptions) {
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#child !== null && !this.#isPaused
  }

  /** Where it answers; null while it is down or not ready to be asked. */
  get url(): string | null {
    return this.isRunning ? this.#url : null
  }

  /** Resolves when the process is spawned, not when it answers. */
  start(): void {
    const { logFile, program, settings } = this.#options
    const child = spawn(process.execPath, [program, 'start', '--json'], {
      env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'info', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#url = null
    child.stderr.pipe(createWriteStream(logFile, { flags: 'a' }))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string; url?: string }
      if (event.event === 'listening') this.#url = event.url!
    })
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return
      this.#child = null
      this.surprises.push(`${logFile}: ended by itself (${code ?? signal})`)
    })
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM. @returns the exit code */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM')
  }

  /** SIGSTOP, as a machine that sleeps. */
  freeze(): void {
    this.#isPaused = true
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
    this.#isPaused = false
  }

  async untilListening(): Promise<string> {
    while (this.#url === null) {
      if (this.#child === null) throw new Error(this.surprises.join('; '))
      await pause(20)
    }
    return this.#url
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (child === null) return null
    this.#child = null
    this.#url = null
    this.#isPaused = false
    const ended = once(child, 'exit') as Promise<[number | null]>
    child.kill(signal)
    if (signal === 'SIGKILL') child.kill('SIGCONT')
    const [code] = await ended
    return code
  }
}
