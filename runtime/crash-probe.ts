/**
 * Points of a task's life at which the simulation may crash the process. The numbers are those of
 * the commit order in docs/ARCHITECTURE.md.
 */
export const CRASH_POINTS = [
  '1-before-fence',
  '1-after-fence',
  '2-before-restore',
  '2-during-restore',
  '2-after-restore',
  '3-before-process',
  '3-during-process',
  '3-after-send',
  '4-before-commit',
  '4-after-commit',
  '5-after-committed',
  '6-before-checkpoint',
  '6-after-checkpoint',
  'closing',
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]

/** Called at each point; in production absent. A promise that never settles is a crash. */
export type CrashProbe = (point: CrashPoint, taskId: string) => Promise<void> | void
