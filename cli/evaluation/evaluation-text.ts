import type { Judgement } from '../../topology/clustering/evaluation/judgement.ts'
import type { RejectedLine } from '../../topology/clustering/evaluation/truth-file.ts'
import { count } from '../quantities.ts'
import { printJson, printLine, type Terminal } from '../terminal.ts'
import type { Level } from './predicted-labels.ts'

export interface Evaluation extends Judgement {
  readonly level: Level
  readonly rejected: readonly RejectedLine[]
  /** Input records that were not in what was judged. */
  readonly lag: number
}

const LINES_SHOWN_MAX = 10
const LINES_TOLD_MAX = 1000

export function printEvaluation(terminal: Terminal, evaluation: Evaluation, json: boolean): void {
  if (json) {
    const { judged, lag, level, metrics, rejected, unknown, unlabelled } = evaluation
    printJson(terminal.out, {
      level,
      metrics,
      judged,
      unknown,
      unlabelled,
      rejected: rejected.length,
      rejected_lines: rejected.slice(0, LINES_TOLD_MAX),
      lag,
    })
    return
  }
  printMetrics(terminal, evaluation)
  printRejected(terminal, evaluation.rejected)
  if (evaluation.lag > 0) {
    printLine(terminal.err, `${count(evaluation.lag)} input records were not in this yet`)
  }
}

const names = {
  adjusted_rand_index: [
    'adjusted Rand index',
    '1: the same groups; about 0: no better than chance',
  ],
  homogeneity: ['homogeneity', '1: no group mixes labels'],
  completeness: ['completeness', '1: no label is spread over groups'],
  singleton_recall: ['singleton recall', '1: who is alone in truth was left alone'],
} as const

function printMetrics({ out, outColors }: Terminal, evaluation: Evaluation): void {
  const { judged, level, metrics, unknown, unlabelled } = evaluation
  const what = level === 'identity' ? 'identities' : 'campaigns'
  printLine(out, `${outColors.bold(count(judged))} attackers judged by their ${what}`)
  printLine(out, '')
  const width = Math.max(...Object.values(names).map(([name]) => name.length))
  for (const key of Object.keys(names) as (keyof typeof names)[]) {
    const [name, meaning] = names[key]
    const value = metrics[key].toFixed(4).padStart(7)
    printLine(out, `${name.padEnd(width)}  ${outColors.bold(value)}  ${outColors.dim(meaning)}`)
  }
  printLine(out, '')
  printLine(out, `${count(unknown)} of the truth are not known to the instance`)
  printLine(out, `${count(unlabelled)} of the instance have no label in the truth`)
}

function printRejected({ err }: Terminal, rejected: readonly RejectedLine[]): void {
  for (const { line, reason } of rejected.slice(0, LINES_SHOWN_MAX)) {
    printLine(err, `line ${line} was left out: ${reason}`)
  }
  const unshown = rejected.length - LINES_SHOWN_MAX
  if (unshown > 0) printLine(err, `and ${count(unshown)} more lines`)
}
