import {
  StateCorruptedError,
  StateLockedError,
  StateReadError,
  StateWriteError,
  type StateError,
} from './errors.ts'

/**
 * Sorts what RocksDB reports into errors by who must act.
 *
 * The binding gives every failure the code EIO; only the text tells them apart. An IOError ends in
 * the operating system's words, so those that blame the machine are known; a missing file of the
 * database and everything else is damage.
 */
const locked = /lock hold by current process|While lock file/
const machine =
  /No space left|quota exceeded|File too large|Read-only file system|Permission denied|Too many open files|Input\/output error|Cannot allocate memory|not a directory|Operation not permitted/i

export type DatabaseAction = 'open' | 'read' | 'write'

export function databaseFailure(
  action: DatabaseAction,
  directory: string,
  failure: unknown,
): StateError {
  const text = describe(failure)
  const options = { cause: failure }
  if (locked.test(text)) {
    return new StateLockedError(
      `${directory} is in use by another process, or by another owner in this one. ` +
        'Stop it, or give this one a directory of its own.',
      options,
    )
  }
  if (machine.test(text)) {
    const message = `cannot ${action} the database in ${directory}: ${text}`
    return action === 'read'
      ? new StateReadError(message, options)
      : new StateWriteError(message, options)
  }
  return new StateCorruptedError(`the database in ${directory} is damaged: ${text}`, options)
}

/** The texts of an error and its causes: the binding wraps a failed batch twice. */
function describe(failure: unknown): string {
  if (failure instanceof AggregateError) {
    const first: unknown = failure.errors.find((error) => error instanceof Error)
    return first === undefined ? failure.message : describe(first)
  }
  if (!(failure instanceof Error)) return String(failure)
  return failure.cause === undefined
    ? failure.message
    : `${failure.message}: ${describe(failure.cause)}`
}
