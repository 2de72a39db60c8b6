import process from 'node:process'
import { interruption } from './interruption.ts'
import { runProgram } from './program.ts'
import { createTerminal } from './terminal.ts'

/** The program's entry: the one place that reads the arguments and the environment. */
const { argv, env, stdin, stdout, stderr } = process

const LEFTOVER_TIMEOUT_MS = 1000

// A reader that goes away (`| head`) is no error of ours.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runProgram(argv.slice(2), {
  terminal: createTerminal({ input: stdin, out: stdout, err: stderr }, env),
  env,
  interruption: () => interruption({ belowNpm: env['npm_command'] !== undefined }),
  exitWith: () => undefined,
})

// A command that gave up on something (a server that does not answer, a shutdown that took too
// long) may leave its handles open: they must not keep the process. A slow reader of ours may.
setInterval(() => {
  if (stdout.writableLength + stderr.writableLength === 0) process.exit()
}, LEFTOVER_TIMEOUT_MS).unref()
