import type { Broker } from '../../../broker/port.ts'

/** How the suite reaches a broker. */
export interface BrokerHarness {
  readonly name: string
  /** The shortest session timeout that the broker takes. */
  readonly sessionTimeoutMs: number
  readonly open: () => Promise<OpenBroker>
}

export interface OpenBroker {
  readonly broker: Broker
  /** A client of the same log in the place of another process; ended by `close` too. */
  readonly connect: () => Promise<Broker>
  /** Makes the broker compact a topic soon: by its settings, or now. */
  readonly compact: (topic: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** The broker that the cases of a suite share; open while they run. */
export type SharedBroker = () => OpenBroker
