import process from 'node:process'
import { interruption } from './interruption.ts'
import { runProgram } from './program.ts'
import { createTerminal } from './terminal.ts'

/** The program's entry: the one place that reads the arguments and the environment. */
const { argv, env, stdin, stdout, stderr } = process

// A reader that goes away (`| head`) is no error of ours.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runProgram(argv.slice(2), {
  terminal: createTerminal({ input: stdin, out: stdout, err: stderr }, env),
  env,
  interruption,
  exitWith: () => undefined,
})
