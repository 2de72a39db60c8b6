import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { cp, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileProgram, type CompiledProgram } from '../support/compiled-program.ts'
import { removeFolder, temporaryFolder } from '../support/running-instance.ts'

/** The program as a process: signals, exit codes, pipes. */

let program: CompiledProgram
let folder: string
beforeAll(async () => {
  folder = await temporaryFolder()
  program = await compileProgram('cli/main.ts')
  const schemas = path.resolve(import.meta.dirname, '../../schemas')
  for (const name of (await readdir(schemas)).filter((each) => each.endsWith('.avsc'))) {
    await cp(path.join(schemas, name), path.join(path.dirname(program.file), '../schemas', name))
  }
}, 120_000)
afterAll(async () => {
  await removeFolder(folder)
  await program.dispose()
})

type Child = ChildProcessByStdio<null, Readable, Readable>

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child: Child = spawn(process.execPath, [program.file, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  return { child, ended, out: () => out, err: () => err }
}

async function startedInstance(name: string, env: NodeJS.ProcessEnv = {}) {
  const started = run(['start', '--port', '0', '--state-dir', path.join(folder, name)], env)
  while (!started.out().includes('Ctrl-C stops')) {
    if (started.child.exitCode !== null) throw new Error(started.err())
    await sleep(20)
  }
  return started
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops the instance: 0', async (signal) => {
  const { child, ended, out, err } = await startedInstance('signals')
  child.kill(signal)
  expect(await ended, err()).toEqual({ code: 0, signal: null })
  expect(out()).toContain('stopped; everything accepted is kept')
})

test('below npm, whose shell dies of the signal in its stead, it stops as well', async () => {
  const stateDir = path.join(folder, 'below-npm')
  const start = `"${process.execPath}" "${program.file}" start --port 0 --state-dir "${stateDir}"; :`
  const shell = spawn('sh', ['-c', start], {
    env: { PATH: process.env['PATH'], npm_command: 'exec' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let out = ''
  shell.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  while (!out.includes('Ctrl-C stops')) await sleep(20)
  shell.kill('SIGTERM')
  while (!out.includes('stopped; everything accepted is kept')) await sleep(20)
})

test('the signal is heard while the instance still starts', async () => {
  const { child, ended, err } = run([
    'start',
    '--port',
    '0',
    '--state-dir',
    path.join(folder, 'early'),
    '--log-level',
    'info',
  ])
  while (!err().includes('configuration resolved')) await sleep(5)
  child.kill('SIGTERM')
  expect(await ended, err()).toEqual({ code: 0, signal: null })
})

test('the log is JSON lines on standard error, the settings in it without secrets', async () => {
  const secret = 'ab'.repeat(32)
  const { child, ended, err } = await startedInstance('log', { API_TOKENS_READ: secret })
  child.kill('SIGTERM')
  await ended
  const lines = err()
    .split('\n')
    .filter((line) => line.startsWith('{'))
  const [first] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(first).toMatchObject({ level: 'info', msg: 'configuration resolved' })
  expect(err()).not.toContain(secret)
})

test('an unknown setting in the environment stops the start: 2', async () => {
  const { ended, err } = run(['start'], { COMMIT_INTERVALL_MS: '1' })
  expect(await ended).toEqual({ code: 2, signal: null })
  expect(err()).toContain('did you mean COMMIT_INTERVAL_MS?')
})

test('a reader that goes away is no error', async () => {
  const { child, ended, err } = run(['config', 'check'])
  child.stdout.destroy()
  expect(await ended).toEqual({ code: 0, signal: null })
  expect(err()).toBe('')
})

test('output that is no terminal has no escape sequences', async () => {
  const { ended, out } = run(['config', 'check'], { FORCE_COLOR: '1', CI: '1' })
  expect((await ended).code).toBe(0)
  expect(out()).not.toContain('\u001b')
})
