import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { createProgram } from '../../cli/program.ts'
import { captureTerminal, runCli } from '../support/captured-terminal.ts'

const program = createProgram({
  terminal: captureTerminal(),
  env: {},
  interruption: () => new AbortController().signal,
  exitWith: () => undefined,
})

function* leaves(command: Command, path: string[] = []): Generator<string[]> {
  if (command.commands.length === 0) yield path
  for (const child of command.commands) yield* leaves(child, [...path, child.name()])
}

const commands = [...leaves(program)]

describe.each(commands.map((path) => path.join(' ')))('%s', (name) => {
  test('--help shows examples that name the command, and ends with 0', async () => {
    const { code, out, err } = await runCli([...name.split(' '), '--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Examples:')
    expect(out).toContain(`attribution-streams ${name}`)
  })

  test('an unknown option is misuse: 2, and nothing on standard output', async () => {
    const { code, out, err } = await runCli([...name.split(' '), '--colour', 'red'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/unknown option '--colour'|missing required argument|required option/)
  })

  test('results are also there as JSON', async () => {
    expect((await runCli([...name.split(' '), '--help'])).out).toContain('--json')
  })
})

test('--version prints the version', async () => {
  const { code, out } = await runCli(['--version'])
  expect(code).toBe(0)
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('a misspelt command is answered with the nearest', async () => {
  const { code, err } = await runCli(['ingst'])
  expect(code).toBe(2)
  expect(err).toContain('Did you mean ingest?')
})

test('no command at all prints the help and is misuse', async () => {
  const { code, err } = await runCli([])
  expect(code).toBe(2)
  expect(err).toContain('Usage: attribution-streams')
})

test('a wrong setting is misuse and names what is wrong', async () => {
  const { code, err } = await runCli(['config', 'check', '--port', 'high'])
  expect(code).toBe(2)
  expect(err).toContain('--port (flag): expected a whole number')
})

test('with --json an error is one JSON document on standard error', async () => {
  const { code, out, err } = await runCli(['config', 'check', '--json', '--port', 'high'])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(JSON.parse(err)).toMatchObject({ error: { code: 'CONFIG' } })
})

test('config check shows values with their sources, secrets left out', async () => {
  const env = { PORT: '9090', ATTRIBUTION_TOKEN: 'open-sesame' }
  const { code, out } = await runCli(['config', 'check', '--log-level', 'warn'], { env })
  expect(code).toBe(0)
  expect(out).toMatch(/^PORT +9090 +environment$/m)
  expect(out).toMatch(/^LOG_LEVEL +warn +flag$/m)
  expect(out).not.toContain('sesame')
})

test('token create prints a token and the digest to configure', async () => {
  const { code, out } = await runCli(['token', 'create', '--scope', 'write', '--json'])
  expect(code).toBe(0)
  const made = JSON.parse(out) as { token: string; sha256: string; scope: string }
  expect(made.token).toMatch(/^[\w-]{43}$/)
  expect(made.sha256).toBe(createHash('sha256').update(made.token).digest('hex'))
  expect(made.scope).toBe('write')
  const plain = await runCli(['token', 'create', '--scope', 'write'])
  expect(plain.out).toMatch(/API_TOKENS_WRITE=[0-9a-f]{64}/)
})

test('where nothing listens the message says so and how to start', async () => {
  const { code, err } = await runCli(['query', 'attacker', 'x', '--url', 'http://127.0.0.1:9'])
  expect(code).toBe(1)
  expect(err).toContain('nothing listens at http://127.0.0.1:9')
  expect(err).toContain('npx attribution-streams start')
})

test('a URL that is none is misuse', async () => {
  const { code, err } = await runCli(['query', 'attacker', 'x', '--url', 'localhost:8080'])
  expect(code).toBe(2)
  expect(err).toContain('--url: expected http://host:port')
})
