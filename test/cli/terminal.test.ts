import { expect, test } from 'vitest'
import { ProgressLine, remainingMs } from '../../cli/progress-line.ts'
import { visible } from '../../cli/terminal.ts'
import { textTable } from '../../cli/text-table.ts'
import { captureTerminal } from '../support/captured-terminal.ts'

test('colours are for terminals only, and NO_COLOR turns them off', () => {
  const painted = (tty: boolean, env: NodeJS.ProcessEnv): string =>
    captureTerminal({ tty, env }).outColors.red('x')
  expect(painted(true, {})).not.toBe('x')
  expect(painted(false, {})).toBe('x')
  expect(painted(true, { NO_COLOR: '1' })).toBe('x')
  expect(painted(true, { NO_COLOR: '' })).not.toBe('x')
  expect(painted(true, { TERM: 'dumb' })).toBe('x')
})

test('control characters of records are shown, not sent to the terminal', () => {
  expect(visible('a\u001b[2Jb\u202ec\n')).toBe('a\\u001b[2Jb\\u202ec\\u000a')
  expect(visible('żółć 日本')).toBe('żółć 日本')
})

test('a table is as wide as its widest cells', () => {
  const columns = [{ title: 'NAME' }, { title: 'N', align: 'right' }, { title: 'LAST' }] as const
  const rows = [
    ['a', '1', 'x'],
    ['longer', '100', ''],
  ]
  expect(textTable(columns, rows, (line) => line)).toEqual([
    'NAME      N  LAST',
    'a         1  x',
    'longer  100',
  ])
})

test('on a terminal progress is one line, drawn anew at most ten times a second', () => {
  const terminal = captureTerminal({ tty: true, columns: 20, env: { NO_COLOR: '1' } })
  let nowMs = 1000
  const progress = new ProgressLine(terminal, () => nowMs)
  progress.update(() => 'first')
  progress.update(() => 'too soon')
  nowMs += 100
  progress.update(() => 'a line that is longer than the terminal')
  progress.clear()
  expect(terminal.errText()).toBe('\r\u001b[Kfirst\r\u001b[Ka line that is long\r\u001b[K')
})

test('elsewhere progress is a plain line every ten seconds', () => {
  const terminal = captureTerminal()
  let nowMs = 1000
  const progress = new ProgressLine(terminal, () => nowMs)
  for (let second = 1; second <= 25; second++) {
    nowMs += 1000
    progress.update(() => `${second} s`)
  }
  progress.clear()
  expect(terminal.errText()).toBe('10 s\n20 s\n')
})

test('time left follows from the rate so far', () => {
  expect(remainingMs(25, 100, 1000)).toBe(3000)
  expect(remainingMs(0, 100, 1000)).toBeNull()
  expect(remainingMs(120, 100, 1000)).toBe(0)
})
