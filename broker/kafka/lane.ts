import type { Api } from './wire/api.ts'

/**
 * One socket to one broker: the seam between this client and its transport.
 *
 * L1. A broker answers the requests of a connection one after the other, so what may wait (a long
 *     poll, a join) has a lane of its own; see {@link LanePurpose}.
 * L2. Requests leave in the order of `call`, if called without an await between.
 * L3. A lane reconnects by itself at the next call; nothing is ever sent twice by it.
 */
export interface Lane {
  /**
   * @param timeoutMs without an answer by then it is given up. @default 30000
   * @throws {RetriableError} no connection, or no answer: it may or may not have been carried out
   * @throws {FatalBrokerError} the broker refuses these credentials, or does not speak the version
   */
  call<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    timeoutMs?: number,
  ): Promise<Response>
  close(): Promise<void>
}

/**
 * `fetch` waits in long polls; `produce` carries data, transactions and offsets; `control` is for
 * short questions: metadata, coordinators, offsets by time, admin.
 */
export type LanePurpose = 'fetch' | 'produce' | 'control'
