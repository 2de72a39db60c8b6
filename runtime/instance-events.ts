/** What an instance tells its surroundings (logs, metrics); must not throw. */
export interface InstanceEvents {
  onAssigned(tasks: readonly string[]): void
  /** Membership lost: everything not committed was dropped, the group will assign anew. */
  onLost(): void
  /** The state of a task is whole. @param records read from changelogs: what its disk lacked */
  onRestored(taskId: string, records: number, elapsedMs: number): void
  onCommitted(taskId: string, latencyMs: number): void
  /** A passing failure; it is tried again after the pause. */
  onRetry(taskId: string, error: unknown, pauseMs: number): void
  onMigrated(taskId: string, error: unknown): void
  /** Something an operator should mend although the instance runs. */
  onWarning(message: string): void
  /** The instance cannot go on: close it and tell the operator. */
  onFatal(error: unknown): void
}
