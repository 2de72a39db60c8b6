import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from '../../cli/program.ts'
import { captureTerminal, runCli, type CaptureOptions, type Outcome } from './captured-terminal.ts'

/** `start`, running in this process as the real thing: log, tasks, HTTP. */
export interface RunningInstance {
  readonly url: string
  readonly stateDir: string
  /** What it has printed: one JSON object a line. */
  readonly events: () => Record<string, unknown>[]
  /** Runs another command against it. */
  cli(args: readonly string[], options?: CaptureOptions): Promise<Outcome>
  /** Waits until nothing that was accepted is left to process, nor what clusterers make of it. */
  untilCaughtUp(): Promise<void>
  /** @returns the exit code */
  stop(): Promise<number>
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'attribution-'))
}

export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true })
}

/** @param args beyond `start --json --port 0 --state-dir …`; the log is silent unless they say */
export async function startInstance(
  stateDir: string,
  args: readonly string[] = [],
): Promise<RunningInstance> {
  const stop = new AbortController()
  const terminal = captureTerminal()
  const exit = runProgram(
    ['start', '--json', '--port', '0', '--state-dir', stateDir, '--log-level', 'error', ...args],
    { terminal, env: {}, interruption: () => stop.signal, exitWith: () => undefined },
  )
  const events = (): Record<string, unknown>[] =>
    terminal
      .outText()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const last = args.includes('--sample') ? 'sample' : 'running'
  let isOver = false as boolean
  void exit.then(() => (isOver = true))
  while (!events().some(({ event }) => event === last)) {
    if (isOver) throw new Error(`start ended with ${await exit}: ${terminal.errText()}`)
    await sleep(20)
  }
  const url = String(events().find(({ event }) => event === 'listening')!['url'])
  return {
    url,
    stateDir,
    events,
    cli: (given, options) => runCli([...given, '--url', url], options),
    untilCaughtUp: () => untilCaughtUp(url),
    stop: () => {
      stop.abort()
      return exit
    },
  }
}

async function untilCaughtUp(url: string): Promise<void> {
  for (let quiet = 0; quiet < 3;) {
    const answer = await fetch(new URL('/api/v1/tasks', url))
    const { meta } = (await answer.json()) as { meta: { lag: number } }
    quiet = meta.lag === 0 && !(await isPassDue(url)) ? quiet + 1 : 0
    await sleep(150)
  }
}

/** A worker that runs will tell what it took in, and others will work on that. */
async function isPassDue(url: string): Promise<boolean> {
  const answer = await fetch(new URL('/api/v1/workers', url))
  const { workers = [] } = (await answer.json()) as {
    workers?: { status: string; pending: number }[]
  }
  return workers.some(({ pending, status }) => status === 'running' && pending > 0)
}
