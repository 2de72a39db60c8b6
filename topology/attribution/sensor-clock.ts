import { FutureTimestampError } from './errors.ts'

/**
 * An observation far ahead of its append time would pin every window of its series: nothing that
 * comes after it is newer.
 *
 * @throws {FutureTimestampError} more than `maxFutureSkewMs` ahead: a dead letter
 */
export function checkSensorClock(ts: number, appendTimeMs: number, maxFutureSkewMs: number): void {
  const aheadMs = ts * 1000 - appendTimeMs
  if (aheadMs <= maxFutureSkewMs) return
  throw new FutureTimestampError(
    `the sensor's clock is ${Math.round(aheadMs / 1000)} s ahead of the append time, ` +
      `allowed are ${maxFutureSkewMs / 1000} s`,
  )
}
