/**
 * Errors of the runtime, classed by recovery action. `code` is stable; messages are not.
 *
 * | class                | who acts | action                                             |
 * |----------------------|----------|----------------------------------------------------|
 * | RuntimeConfigError   | operator | refuses to start                                   |
 * | TaskMigratedError    | instance | close the task dirty, confirm membership, restart  |
 * | TaskCorruptedError   | instance | wipe the task's state, restore it in full          |
 * | InputLostError       | operator | input before the committed position is gone: halt  |
 */
export abstract class RuntimeError extends Error {
  abstract readonly code: string
  override name = this.constructor.name
}

/** Topics or options do not fit the topology: nothing was started. */
export class RuntimeConfigError extends RuntimeError {
  readonly code = 'RUNTIME_CONFIG'
}

/** Another member owns the task now: what was not committed is dropped, nothing is lost. */
export class TaskMigratedError extends RuntimeError {
  readonly code = 'TASK_MIGRATED'
}

/** The task's local state does not fit its changelog: it is wiped and restored. */
export class TaskCorruptedError extends RuntimeError {
  readonly code = 'TASK_CORRUPTED'
}

/** The log no longer holds what follows the committed position: never skipped silently. */
export class InputLostError extends RuntimeError {
  readonly code = 'INPUT_LOST'
}

/** The error of an input that the log no longer holds. */
export function inputLost(
  taskId: string,
  at: { topic: string; partition: number; offset: number; logStartOffset: number },
): InputLostError {
  return new InputLostError(
    `task ${taskId}: ${at.topic}-${at.partition} was processed up to ${at.offset}, but its log ` +
      `starts at ${at.logStartOffset}: records were deleted before they were processed. ` +
      `Restore the topic, or move on with: attribution-streams reset --to-earliest`,
  )
}
