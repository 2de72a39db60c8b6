import { expect, test } from 'vitest'
import { testFiles, textFiles, type TextFile } from './source-tree.ts'

function matches(files: readonly TextFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [],
      ),
  )
}

// Written in pieces, so that this file does not find itself.
const unfinished = new RegExp(
  `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`,
)
const focused = new RegExp('\\b(test|it|describe)' + '\\.(only|skip|todo|fails)\\b')
const machinePath = new RegExp(
  `(^|[\\s"'\`(=])/(${['ho' + 'me', 'ro' + 'ot', 'wo' + 'rk', 'Us' + 'ers'].join('|')})/`,
)

test('no file carries a note of unfinished work', () => {
  expect(matches(textFiles, unfinished)).toEqual([])
})

test('no test is focused or switched off', () => {
  expect(matches(testFiles, focused)).toEqual([])
})

test('no file names a path of somebody’s machine', () => {
  expect(matches(textFiles, machinePath)).toEqual([])
})

test('every text file ends with one line feed and has no carriage returns', () => {
  const odd = textFiles.filter(
    ({ text }) => !text.endsWith('\n') || text.endsWith('\n\n') || text.includes('\r'),
  )
  expect(odd.map((file) => file.path)).toEqual([])
})
