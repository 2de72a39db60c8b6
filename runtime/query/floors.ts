import type { TopicPartition } from '../../broker/port.ts'
import type { InputPosition } from '../../state/query-port.ts'

/** The next offsets that inputs must have reached, by partition. */
export type Floors = ReadonlyMap<string, number>

export const NO_FLOORS: Floors = new Map()

/** The first input that stands before its floor; null: none does. */
export function inputBelow(floors: Floors, inputs: readonly InputPosition[]): InputPosition | null {
  if (floors.size === 0) return null
  return inputs.find((input) => input.offset < (floors.get(keyOf(input)) ?? 0)) ?? null
}

export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
