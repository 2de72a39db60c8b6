import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Value } from '../../../schemas/records.ts'
import { StructuredValue } from '../../../schemas/structured-value.ts'
import { InvalidValueError } from '../../../topology/attribution/errors.ts'
import {
  hashToken,
  isEqualValue,
  isSameValue,
  isTokenBefore,
  numericValue,
  seriesValue,
} from '../../../topology/attribution/value.ts'
import { categoricalValue } from './arbitrary-series.ts'
import { tokenOf } from './series-oracle.ts'

describe('equality', () => {
  test('holds exactly between values of one token', () => {
    fc.assert(
      fc.property(categoricalValue, categoricalValue, (a, b) => {
        expect(isEqualValue(a, b)).toBe(tokenOf(a) === tokenOf(b))
        if (a === null || b === null) return
        expect(hashToken(a) === hashToken(b)).toBe(tokenOf(a) === tokenOf(b))
      }),
    )
  })

  test('true is 1, text is never a number, null is nothing else', () => {
    expect(isEqualValue(true, 1)).toBe(true)
    expect(isEqualValue(false, 0)).toBe(true)
    expect(isEqualValue('1', 1)).toBe(false)
    expect(isEqualValue(null, 0)).toBe(false)
    expect(isEqualValue(null, false)).toBe(false)
    expect(isEqualValue(null, null)).toBe(true)
  })

  test('is of form too where the form is asked for', () => {
    expect(isSameValue(true, 1)).toBe(false)
    expect(isSameValue(new StructuredValue('[1]'), new StructuredValue('[1]'))).toBe(true)
    expect(isSameValue(new StructuredValue('[1]'), '[1]')).toBe(false)
  })
})

describe('hash tokens', () => {
  test('keep apart what differs, at whatever length and kind', () => {
    const long = 'f'.repeat(65)
    const all: NonNullable<Value>[] = ['', 'f', 'f'.repeat(64), long, `${long}f`, '\u0000t', 1, 2]
    const tokens = [...all, new StructuredValue('[]'), new StructuredValue('{}')].map(hashToken)
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(hashToken(long)).toBe(hashToken('f'.repeat(65)))
    for (const token of tokens) expect(String(token).length).toBeLessThanOrEqual(64)
  })

  test('are ordered totally, numbers first', () => {
    const sorted = ['b', 2, 'a', 1].sort((a, b) => (isTokenBefore(a, b) ? -1 : 1))
    expect(sorted).toEqual([1, 2, 'a', 'b'])
  })
})

describe('numeric values', () => {
  test.each<[Value, number]>([
    [null, 0],
    [true, 1],
    [false, 0],
    [2.5, 2.5],
    [' 12 ', 12],
    ['1e3', 1000],
    ['1_000', 1000],
    ['1_0.0_1e-0_1', 1.001],
    ['.5', 0.5],
    ['5.', 5],
    ['+7', 7],
    ['-0', 0],
    ['\u00a012\u3000', 12],
    ['\u001c1\u0085', 1],
  ])('%j is %d', (value, number) => {
    expect(numericValue(value)).toBe(number)
  })

  test.each<[Value]>([
    [''],
    ['fast'],
    ['nan'],
    ['inf'],
    ['-Infinity'],
    ['1e999'],
    ['0x10'],
    ['1__0'],
    ['_1'],
    ['1_'],
    ['1_.5'],
    ['.'],
    ['1e'],
    ['1 2'],
    ['\ufeff1'],
    ['1n'],
    [' '.repeat(5000) + 'x'],
    ['9'.repeat(5000)],
    [NaN],
    [Infinity],
    [new StructuredValue('[1]')],
    [new StructuredValue('{}')],
  ])('%j is refused', (value) => {
    expect(() => numericValue(value)).toThrow(InvalidValueError)
  })

  test('only numeric series coerce; no series takes a number that is not finite', () => {
    expect(seriesValue('categorical', ' 12 ')).toBe(' 12 ')
    expect(seriesValue('numeric', ' 12 ')).toBe(12)
    expect(() => seriesValue('hash', NaN)).toThrow(InvalidValueError)
    expect(() => seriesValue('categorical', -Infinity)).toThrow(InvalidValueError)
  })
})
