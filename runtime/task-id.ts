/** A task: one partition of one sub-topology, written `<subTopology>_<partition>`. */
export interface TaskId {
  readonly subTopology: number
  readonly partition: number
}

export function formatTaskId(id: TaskId): string {
  return `${id.subTopology}_${id.partition}`
}

/** @throws {RangeError} the text is not of the form `0_3` */
export function parseTaskId(text: string): TaskId {
  const match = /^(\d{1,9})_(\d{1,9})$/.exec(text)
  if (match === null) throw new RangeError(`not a task id: ${text.slice(0, 80)}`)
  return { subTopology: Number(match[1]), partition: Number(match[2]) }
}
