import type { Record } from './record.ts'

/** A node of a running sub-topology that takes records from its parents. */
export interface Receiver {
  readonly name: string
  receive(record: Record<unknown>): void
}
