import { InvalidArgumentError } from 'commander'

/** Values of options, as several commands read them; what does not fit is misuse. */

export function offset(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('expected a whole number, at least 0')
  }
  return value
}

export function positive(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('expected a whole number, at least 1')
  }
  return value
}

/** A time without a zone would mean something else on the next machine. */
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** @returns milliseconds since the epoch */
export function datetime(text: string): number {
  const value = isoTime.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(value)) {
    throw new InvalidArgumentError('expected 2026-01-31 or 2026-01-31T09:00:00Z, with its zone')
  }
  return value
}
