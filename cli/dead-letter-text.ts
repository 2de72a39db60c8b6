import { obstacleTexts } from '../api/dead-letter-body.ts'
import type {
  DeadLetterAddress,
  DeadLetterList,
  DeadLetterReplay,
  DeadLetterSummary,
} from '../state/dead-letter-port.ts'
import { count, moment } from './quantities.ts'
import type { ReadableBytes } from './readable-bytes.ts'
import { printLine, visible, type Terminal } from './terminal.ts'
import { textTable } from './text-table.ts'

const MESSAGE_CHARS_MAX = 80
const ROWS_MAX = 50

export function printDeadLetters(terminal: Terminal, { deadLetters, matched }: DeadLetterList) {
  const { err, out, outColors } = terminal
  const rows = deadLetters.map((each) => [
    addressOf(each),
    moment(each.source.timestampMs / 1000),
    sourceOf(each),
    visible(each.error.class),
    each.replayedAtMs === null ? '' : 'yes',
    visible(each.error.message.slice(0, MESSAGE_CHARS_MAX)),
  ])
  if (rows.length > 0) {
    for (const line of textTable(listColumns, rows, outColors.bold)) printLine(out, line)
  }
  printLine(err, `${count(deadLetters.length)} of ${count(matched)} dead letters`)
}

const listColumns = [
  { title: 'AT' },
  { title: 'RECORD TIME' },
  { title: 'CAME FROM' },
  { title: 'ERROR' },
  { title: 'SENT BACK' },
  { title: 'MESSAGE' },
]

export interface DeadLetterContent {
  readonly key: ReadableBytes | null
  readonly value: ReadableBytes | null
  readonly headers: readonly { readonly key: string; readonly value: ReadableBytes | null }[]
}

export function printDeadLetter(
  { out, outColors }: Terminal,
  deadLetter: DeadLetterSummary,
  { headers, key, value }: DeadLetterContent,
): void {
  const { error, replayCount, replayedAtMs, source, taskId, truncated } = deadLetter
  const fields: [name: string, text: string][] = [
    ['dead letter', addressOf(deadLetter)],
    ['came from', sourceOf(deadLetter)],
    ['record time', moment(source.timestampMs / 1000)],
    ['error', `${visible(error.class)} (${visible(error.code)})`],
    ['message', visible(error.message)],
    ['task', visible(taskId)],
    ['failed after', `${count(replayCount)} replays`],
    ['sent back', replayedAtMs === null ? 'no' : moment(replayedAtMs / 1000)],
    ...(truncated === null ? [] : [['cut', visible(truncated)] as [string, string]]),
    ['key', shown(key)],
    ['value', shown(value)],
    ...headers.map((each): [string, string] => [`header ${visible(each.key)}`, shown(each.value)]),
  ]
  const width = Math.max(...fields.map(([name]) => name.length))
  for (const [name, text] of fields) {
    printLine(out, `${outColors.bold(name.padEnd(width))}  ${text}`)
  }
}

export function printReplay(
  { err, out, outColors }: Terminal,
  { executed, refused, sent }: DeadLetterReplay,
  missing: readonly DeadLetterAddress[],
): void {
  const rows = sent
    .slice(0, ROWS_MAX)
    .map((each) => [
      addressOf(each),
      `${visible(each.source.topic)} ${each.source.partition}`,
      count(each.replayCount + 1),
      visible(each.error.class),
    ])
  const columns = [
    { title: 'DEAD LETTER' },
    { title: executed ? 'SENT TO' : 'WOULD GO TO' },
    { title: 'REPLAY', align: 'right' },
    { title: 'ERROR' },
  ] as const
  if (rows.length > 0) {
    for (const line of textTable(columns, rows, outColors.bold)) printLine(out, line)
  }
  if (sent.length > ROWS_MAX) printLine(out, `and ${count(sent.length - ROWS_MAX)} more`)
  for (const { because, deadLetter } of refused.slice(0, ROWS_MAX)) {
    printLine(err, `${addressOf(deadLetter)} is left out: it ${obstacleTexts[because]}`)
  }
  if (refused.length > ROWS_MAX) {
    printLine(err, `and ${count(refused.length - ROWS_MAX)} more are left out`)
  }
  for (const each of missing) printLine(err, `${addressOf(each)} is no dead letter`)
  const total = count(sent.length)
  printLine(out, executed ? `${total} sent back` : `nothing was sent (${total}): add --execute`)
}

function addressOf({ offset, partition }: DeadLetterAddress): string {
  return `${partition}:${offset}`
}

function sourceOf({ source }: DeadLetterSummary): string {
  return `${visible(source.topic)} ${source.partition}:${source.offset}`
}

function shown(bytes: ReadableBytes | null): string {
  if (bytes === null) return '-'
  const { as, content } = bytes
  if (as === 'json') return visible(JSON.stringify(content))
  return as === 'hex' ? `hex ${String(content)}` : visible(String(content))
}
