/** What may be asked of the dead letters of an application, and sent back from them. */

/** Where a dead letter lies in the dead-letter topic. */
export interface DeadLetterAddress {
  readonly partition: number
  readonly offset: number
}

/** A dead letter without its bytes. */
export interface DeadLetterSummary extends DeadLetterAddress {
  /** The record that failed. */
  readonly source: {
    readonly topic: string
    readonly partition: number
    readonly offset: number
    readonly timestampMs: number
  }
  readonly error: { readonly class: string; readonly code: string; readonly message: string }
  readonly taskId: string
  /** What of the record was cut; null: it is whole. */
  readonly truncated: string | null
  /** −1: the record has none. */
  readonly keyBytes: number
  /** −1: a tombstone. */
  readonly valueBytes: number
  /** How often the record had been sent back before it failed here. */
  readonly replayCount: number
  /** When this dead letter was sent back, milliseconds since the epoch; null: never. */
  readonly replayedAtMs: number | null
}

export interface DeadLetterHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** A dead letter as it lies in its topic. */
export interface DeadLetterRecord extends DeadLetterSummary {
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** All of them: those that tell where it came from, and those that the record had. */
  readonly headers: readonly DeadLetterHeader[]
}

/** Every condition that is given must hold. */
export interface DeadLetterFilter {
  /** Topic that the record came from. */
  readonly topic?: string
  /** Class or code of the error. */
  readonly error?: string
  /** Records of this time or later, milliseconds since the epoch. */
  readonly sinceMs?: number
  readonly addresses?: readonly DeadLetterAddress[]
}

export interface DeadLetterList {
  /** The newest that match, oldest of them first. */
  readonly deadLetters: readonly DeadLetterSummary[]
  /** How many match, shown or not. */
  readonly matched: number
}

/** Why a dead letter is not sent back. */
export type ReplayObstacle = 'replayed' | 'truncated' | 'not-an-input' | 'topic-gone'

export interface DeadLetterReplay {
  /** False: nothing was sent. */
  readonly executed: boolean
  /** Sent back, or that would be, to where they came from. */
  readonly sent: readonly DeadLetterSummary[]
  readonly refused: readonly {
    readonly deadLetter: DeadLetterSummary
    readonly because: ReplayObstacle
  }[]
}

export interface ReplayRequest {
  readonly filter: DeadLetterFilter
  /** Those that were sent back before, too. */
  readonly again: boolean
  /** False: only tells what would be sent. */
  readonly execute: boolean
}

export interface DeadLetterPort {
  list(filter: DeadLetterFilter, limit: number): Promise<DeadLetterList>
  /** Null: no dead letter lies there. */
  get(address: DeadLetterAddress): Promise<DeadLetterRecord | null>
  replay(request: ReplayRequest): Promise<DeadLetterReplay>
}
