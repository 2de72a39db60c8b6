import type { RecordMetadata } from './record.ts'

/**
 * What is under way in a task: one object, written by the executor and read by every context, so
 * that nothing is made per record.
 */
export class TaskFrame {
  readonly taskId: string
  readonly partition: number
  readonly partitionCount: number
  /** The source record under way. */
  metadata: RecordMetadata | null = null
  /** The innermost node running: after a throw, the one that threw. */
  node = ''
  streamTimeMs: number
  wallClockMs = 0

  constructor(taskId: string, partition: number, partitionCount: number, streamTimeMs: number) {
    this.taskId = taskId
    this.partition = partition
    this.partitionCount = partitionCount
    this.streamTimeMs = streamTimeMs
  }
}
