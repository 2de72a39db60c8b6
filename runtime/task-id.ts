/** A task: one partition of one sub-topology, written `<subTopology>_<partition>`. */
export interface TaskId {
  readonly subTopology: number
  readonly partition: number
}

export function formatTaskId(id: TaskId): string {
  return `${id.subTopology}_${id.partition}`
}

export function isTaskId(text: string): boolean {
  return /^\d+_\d+$/.test(text)
}
