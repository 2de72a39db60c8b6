import process from 'node:process'

const INTERRUPTED_EXIT_CODE = 130

/**
 * Takes SIGINT and SIGTERM over.
 * @returns aborts at the first; the second ends the process at once
 */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE)
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return controller.signal
}
