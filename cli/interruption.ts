import process from 'node:process'

const INTERRUPTED_EXIT_CODE = 130

/**
 * One Ctrl-C may come twice: the terminal sends it to the whole process group, and npm, which is in
 * the group, passes its own on. What follows so soon is no second wish.
 */
const ECHO_MS = 500
const PARENT_LOOK_INTERVAL_MS = 250

export interface InterruptionOptions {
  /**
   * Whether npm or npx started this process. They run it below a shell and pass SIGTERM on to the
   * shell alone, which dies of it: without a look at the parent we would live on, unknown to whoever
   * meant to stop us, and hold the state directory.
   */
  readonly belowNpm: boolean
}

/**
 * Takes SIGINT and SIGTERM over.
 * @returns aborts at the first, or when the shell below npm is gone; a later signal ends the
 *   process at once
 */
export function interruption({ belowNpm }: InterruptionOptions): AbortSignal {
  const controller = new AbortController()
  let firstAtMs = 0
  const onSignal = (): void => {
    if (!controller.signal.aborted) {
      firstAtMs = Date.now()
      controller.abort()
    } else if (Date.now() - firstAtMs > ECHO_MS) {
      process.exit(INTERRUPTED_EXIT_CODE)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  if (belowNpm) abortWithParent(controller)
  return controller.signal
}

function abortWithParent(controller: AbortController): void {
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    controller.abort()
  }, PARENT_LOOK_INTERVAL_MS)
  look.unref()
}
