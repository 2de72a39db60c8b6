/**
 * Exit codes, the same for every command.
 *
 * 0  done
 * 1  not done, or not wholly: a rejected line, no answer, a store that cannot be opened
 * 2  asked wrongly: usage or configuration; nothing was started
 */
export const exitCodes = { done: 0, failed: 1, misused: 2 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** A command could not do its work; the message is for people and says what to do. */
export class CommandFailure extends Error {
  override name = 'CommandFailure'
  readonly exitCode: ExitCode

  constructor(message: string, options?: ErrorOptions & { readonly exitCode?: ExitCode }) {
    super(message, options)
    this.exitCode = options?.exitCode ?? exitCodes.failed
  }
}
