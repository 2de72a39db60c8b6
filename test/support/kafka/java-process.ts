import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

export interface JavaProgram {
  /** JVM options, class path or jar, main class, arguments. */
  readonly args: readonly string[]
  /** Both outputs are appended to it. */
  readonly logFile: string
  /** Removed should the test process die without ending this one. */
  readonly directory: string
}

/**
 * A JVM that lives no longer than this process, however this process ends.
 *
 * J1. Beside it runs a shell that reads a pipe from this process. The pipe ends with this process,
 *     also with one that is killed, and the shell then kills the JVM, also a stopped one. An exit
 *     handler could do neither.
 * J2. Both are process groups of their own: Ctrl-C in the terminal reaches this process alone, and
 *     a broker cannot begin a slow, orderly stop of its own.
 */
export class JavaProcess {
  readonly #child: ChildProcess
  readonly #guard: ChildProcess
  readonly #logFile: string
  /** Resolves when the JVM is gone. */
  readonly ended: Promise<void>
  #isEnded = false

  constructor({ args, logFile, directory }: JavaProgram) {
    const log = openSync(logFile, 'a')
    this.#logFile = logFile
    this.#child = spawn('java', args, { stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    this.#guard = guardOf(this.#child.pid!, directory)
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isEnded = true
        // The number may soon belong to another process: nobody may kill it any more.
        this.#guard.kill('SIGKILL')
        resolve()
      }
      this.#child.once('exit', end)
      this.#child.once('error', end)
    })
  }

  get isRunning(): boolean {
    return !this.#isEnded
  }

  get pid(): number {
    return this.#child.pid!
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Asks it to end, and makes it after `graceMs`: a broker without quorum would hang for minutes. */
  async stop(graceMs: number): Promise<void> {
    this.#child.kill('SIGTERM')
    const timeout = new AbortController()
    const late = pause(graceMs, true, { signal: timeout.signal }).catch(() => false)
    if (await Promise.race([late, this.ended])) await this.kill()
    timeout.abort()
  }

  /** Freezes it, as a long collection of garbage would. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  /** Resolves when `isReady` holds. @throws with the end of the log when the process ended first */
  async untilReady(isReady: () => Promise<boolean>, withinMs: number): Promise<void> {
    const deadlineMs = Date.now() + withinMs
    while (!(await isReady())) {
      if (this.#isEnded || Date.now() > deadlineMs) {
        const what = this.#isEnded ? 'ended before it was ready' : `not ready in ${withinMs} ms`
        throw new Error(`${what}; log:\n${(await this.log()).slice(-4000)}`)
      }
      await pause(20)
    }
  }

  log(): Promise<string> {
    return readFile(this.#logFile, 'utf8')
  }
}

function guardOf(pid: number, directory: string): ChildProcess {
  const script = `trap '' INT TERM HUP; cat > /dev/null; kill -9 "$0"; sleep 0.2; rm -rf "$1"`
  const guard = spawn('sh', ['-c', script, String(pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // A pipe or child that is only open must not keep this process alive.
  guard.unref()
  ;(guard.stdin as unknown as { unref(): void }).unref()
  guard.stdin.on('error', () => undefined)
  return guard
}
