import type { LabelledPosition } from './query-port.ts'

/**
 * What two reads of one task hold both: the earlier place in each input, the greater lag.
 *
 * They may have come from different places, so that the later read may well be the older.
 */
export function earliestOf(a: LabelledPosition, b: LabelledPosition): LabelledPosition {
  return {
    taskId: a.taskId,
    inputs: a.inputs.map((input) => {
      const { topic, partition, offset } = input
      const other = b.inputs.find((each) => each.topic === topic && each.partition === partition)
      return other === undefined || offset <= other.offset ? input : other
    }),
    lag: Math.max(a.lag, b.lag),
    role: a.role === 'active' ? b.role : a.role,
    stale: a.stale || b.stale,
    stalenessMs: Math.max(a.stalenessMs, b.stalenessMs),
  }
}
