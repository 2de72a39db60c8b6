import { FatalBrokerError, FencedError } from '../errors.ts'

const SEQUENCE_LIMIT = 2 ** 31

interface LastSent {
  epoch: number
  nextSequence: number
}

/** Sequence numbers wrap to 0 after 2^31 − 1. */
export function advanceSequence(sequence: number, count: number): number {
  return (sequence + count) % SEQUENCE_LIMIT
}

/**
 * What each live producer may append next to a partition.
 *
 * In memory only: a producer lives in this process and starts anew, under another id or epoch,
 * after a restart; so no sequence of an earlier process can arrive.
 */
export class ProducerSequences {
  readonly #producers = new Map<bigint, LastSent>()

  /**
   * @throws {FencedError} a newer epoch has written here
   * @throws {FatalBrokerError} records are missing or repeated
   */
  advance(producerId: bigint, epoch: number, baseSequence: number, count: number): void {
    const last = this.#producers.get(producerId)
    if (last !== undefined && epoch < last.epoch) {
      throw new FencedError(`producer ${producerId.toString()} has epoch ${last.epoch}`)
    }
    const expected = last?.epoch === epoch ? last.nextSequence : 0
    if (baseSequence !== expected) {
      throw new FatalBrokerError(
        `producer ${producerId.toString()} sent sequence ${baseSequence}, expected ${expected}`,
      )
    }
    const nextSequence = advanceSequence(baseSequence, count)
    if (last === undefined) this.#producers.set(producerId, { epoch, nextSequence })
    else {
      last.epoch = epoch
      last.nextSequence = nextSequence
    }
  }

  /** The producer is gone and its id will not return. */
  forget(producerId: bigint): void {
    this.#producers.delete(producerId)
  }
}
