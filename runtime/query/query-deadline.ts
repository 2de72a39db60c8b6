import type { Clock } from '../../broker/clock.ts'
import { StoreNotReadyError } from '../../state/errors.ts'

/**
 * The promise, for so long.
 * @throws {StoreNotReadyError} it did not settle in time; what becomes of it is not looked at
 */
export async function within<T>(clock: Clock, timeoutMs: number, promise: Promise<T>): Promise<T> {
  let cancel = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.setTimer(Math.max(0, timeoutMs), () =>
      reject(new StoreNotReadyError(`no answer within ${Math.round(timeoutMs)} ms`)),
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}
