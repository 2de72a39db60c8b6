import type { Broker } from '../broker/port.ts'

/** A log in use by this process. */
export interface OpenLog {
  readonly broker: Broker
  /** Closes the broker, then its disk, where it has one. */
  close(): Promise<void>
}
