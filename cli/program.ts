import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import type { CommandContext } from './command-context.ts'
import { configCommand } from './commands/config.ts'
import { dlqCommand } from './commands/dlq.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { explainCommand } from './commands/explain.ts'
import { ingestCommand } from './commands/ingest.ts'
import { queryCommand } from './commands/query.ts'
import { replayCommand } from './commands/replay.ts'
import { resetCommand } from './commands/reset.ts'
import { startCommand } from './commands/start.ts'
import { tailCommand } from './commands/tail.ts'
import { tokenCommand } from './commands/token.ts'
import { topologyCommand } from './commands/topology.ts'
import { workerCommand } from './commands/worker.ts'
import { ConfigError } from './config/config-error.ts'
import { CommandFailure, exitCodes, type ExitCode } from './failure.ts'
import { printLine } from './terminal.ts'

const footer = `
Exit codes: 0 done; 1 failed, or done in part; 2 wrong usage or configuration.
`

/** The whole command line, ready to parse. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('attribution-streams')
    .description(manifest.description)
    .version(manifest.version, '--version')
    .addHelpText('after', footer)
  for (const command of [
    startCommand(context),
    ingestCommand(context),
    queryCommand(context),
    explainCommand(context),
    evaluateCommand(context),
    tailCommand(context),
    topologyCommand(context),
    workerCommand(context),
    dlqCommand(context),
    replayCommand(context),
    resetCommand(context),
    configCommand(context),
    tokenCommand(context),
  ]) {
    program.addCommand(command)
  }
  configure(program, context)
  return program
}

/** Settings that commander does not pass on to commands added whole. */
function configure(command: Command, context: CommandContext): void {
  const { out, err } = context.terminal
  command
    .exitOverride()
    .showHelpAfterError('(--help tells more)')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      getOutHelpWidth: () => out.columns ?? 100,
      getErrHelpWidth: () => err.columns ?? 100,
    })
  for (const child of command.commands) configure(child, context)
}

/**
 * Runs the command that the arguments name.
 * @returns the exit code; what went wrong has been told on standard error
 */
export async function runProgram(args: readonly string[], context: CommandContext) {
  let code: ExitCode = exitCodes.done
  const program = createProgram({ ...context, exitWith: (given) => (code = given) })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    return tell(error, context, args.includes('--json'))
  }
}

function tell(error: unknown, { terminal }: CommandContext, json: boolean): ExitCode {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.misused
  }
  const { err, errColors } = terminal
  const code = exitCodeOf(error)
  if (json) {
    printLine(err, JSON.stringify({ error: { code: codeOf(error), message: messageOf(error) } }))
    return code
  }
  printLine(err, `${errColors.red('error:')} ${messageOf(error)}`)
  // What is foreseen has said what to do; the rest is a bug, and its place is the first clue.
  if (!isForeseen(error) && error instanceof Error && error.stack !== undefined) {
    printLine(err, errColors.dim(error.stack))
  }
  return code
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConfigError) return exitCodes.misused
  return error instanceof CommandFailure ? error.exitCode : exitCodes.failed
}

/** Errors with a stable code of ours are part of the product; others are bugs. */
function isForeseen(error: unknown): boolean {
  return error instanceof CommandFailure || codeOf(error) !== 'UNEXPECTED'
}

function codeOf(error: unknown): string {
  if (error instanceof CommandFailure) return 'FAILED'
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'UNEXPECTED'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
