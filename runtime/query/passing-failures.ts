import { CorruptBytesError } from '../../bytes/errors.ts'
import { BrokerError } from '../../broker/errors.ts'
import {
  InvalidBoundError,
  StateError,
  StoreNotReadyError,
  UnknownStoreError,
} from '../../state/errors.ts'

/**
 * Failures of a read that time or another place mends, as the one error that says so: a task that
 * moves, a store that closes, a broker or peer that does not answer, bytes of another version. A
 * wrong question and a bug stay what they are.
 * @throws {StoreNotReadyError} with its cause
 */
export async function asNotReady<T>(read: Promise<T>): Promise<T> {
  try {
    return await read
  } catch (error) {
    const stays = [StoreNotReadyError, UnknownStoreError, InvalidBoundError]
    if (stays.some((kind) => error instanceof kind)) throw error
    const passes = [StateError, BrokerError, CorruptBytesError]
    if (!passes.some((kind) => error instanceof kind)) throw error
    const cause = error as Error
    throw new StoreNotReadyError(cause.message, { cause })
  }
}
