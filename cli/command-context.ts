import type { ExitCode } from './failure.ts'
import type { Terminal } from './terminal.ts'

/** What a command may know of the process it runs in; cli/main.ts alone makes one. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly env: NodeJS.ProcessEnv
  /**
   * Takes SIGINT and SIGTERM over: the first aborts the signal returned, the second ends the
   * process at once. A command that does not call it is ended by the first.
   */
  interruption(): AbortSignal
  /** The code to end with, when the command did answer but the answer is no. */
  exitWith(code: ExitCode): void
}
