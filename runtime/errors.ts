import type { OutOfRange } from '../broker/port.ts'

/**
 * Errors of the runtime, classed by recovery action. `code` is stable; messages are not.
 *
 * | class                | who acts | action                                             |
 * |----------------------|----------|----------------------------------------------------|
 * | RuntimeConfigError   | operator | refuses to start                                   |
 * | TaskMigratedError    | instance | close the task dirty, confirm membership, restart  |
 * | TaskCorruptedError   | instance | wipe the task's state, restore it in full          |
 * | InputLostError       | operator | input before the committed position is gone: halt  |
 * | TopicChangedError    | operator | a topic changed under the running instance: halt   |
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

/** A topic is not the one that the instance started with: it ends before it mixes the two. */
export class TopicChangedError extends RuntimeError {
  readonly code = 'TOPIC_CHANGED'
}

/** The error of an input that the log no longer holds. */
export function inputLost(taskId: string, at: OutOfRange): InputLostError {
  const { highWatermark, logStartOffset, offset, partition, topic } = at
  const why =
    offset > highWatermark
      ? `ends at ${highWatermark}: records that were processed are gone (the topic was deleted ` +
        'and created again, or an unclean election lost them)'
      : `starts at ${logStartOffset}: records were deleted before they were processed`
  return new InputLostError(
    `task ${taskId}: ${topic}-${partition} was processed up to ${offset}, but its log ${why}. ` +
      `Restore the topic, or move on with: attribution-streams reset --to-earliest --execute`,
  )
}
