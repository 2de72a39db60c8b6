import { expect, test } from 'vitest'
import { bytes, count, duration, moment } from '../../cli/quantities.ts'

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1234567.4, '1,234,567'],
])('count %d is written %s', (value, text) => expect(count(value)).toBe(text))

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [134_217_728, '128.0 MiB'],
])('%d bytes are written %s', (value, text) => expect(bytes(value)).toBe(text))

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [3240, '3.2 s'],
  [9960, '10 s'],
  [12_400, '12 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
  [86_400_000, '1 d'],
  [529_200_000, '6 d 3 h'],
])('%d ms last %s', (value, text) => expect(duration(value)).toBe(text))

test('a moment is told in UTC; what is no time is told as it is', () => {
  expect(moment(1_700_000_000.25)).toBe('2023-11-14 22:13:20Z')
  expect(moment(1e300)).toBe('1e+300')
})
