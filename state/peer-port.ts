import type { ByteString } from '../bytes/byte-string.ts'
import type { LabelledPosition, StoreRow } from './query-port.ts'

/**
 * What instances ask of each other: rows of one task, as bytes.
 *
 * P1. Values travel as the store's codec wrote them; who asks has the same codec.
 * P2. Who is asked answers from its own tasks or not at all: it never asks a third, so no request
 *     can go round in circles however wrong the asker's idea of the group is.
 * P3. Position and lag are those of the answering task, read there before the rows.
 */
export interface PeerService {
  /**
   * @throws {TaskNotHereError} the task does not run here in a role that is accepted
   * @throws {UnknownStoreError}
   */
  get(request: PeerGet): Promise<PeerValue>
  /** @throws as `get` */
  scan(request: PeerScan): Promise<PeerRows>
}

/** The way to the {@link PeerService} of another instance. */
export interface PeerClient {
  /**
   * @param endpoint where that instance is reached, as its group metadata says
   * @throws {TaskNotHereError}
   * @throws {PeerUnavailableError} no answer in time, or one that cannot be trusted
   */
  get(endpoint: string, request: PeerGet, timeoutMs: number): Promise<PeerValue>
  /** @throws as `get` */
  scan(endpoint: string, request: PeerScan, timeoutMs: number): Promise<PeerRows>
}

export interface PeerRead {
  readonly taskId: string
  readonly store: string
  /** `active`: only the running owner may answer; `any`: a standby as well. */
  readonly accepts: 'active' | 'any'
}

export interface PeerGet extends PeerRead {
  readonly key: ByteString
}

export interface PeerScan extends PeerRead {
  readonly prefix: ByteString
  /** Exclusive start. */
  readonly after?: ByteString
  /** Rows at most. */
  readonly limit: number
}

export interface PeerValue {
  readonly value: Buffer | undefined
  readonly position: LabelledPosition
}

export interface PeerRows {
  readonly rows: readonly StoreRow<Buffer>[]
  /** True: the answer was getting large and ends before `limit`; go on after its last row. */
  readonly hasMore: boolean
  readonly position: LabelledPosition
}
