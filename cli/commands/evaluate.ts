import { Command, Option } from 'commander'
import { judge } from '../../topology/clustering/evaluation/judgement.ts'
import type { CommandContext } from '../command-context.ts'
import { printEvaluation, type Evaluation } from '../evaluation/evaluation-text.ts'
import { predictedLabels, type Level } from '../evaluation/predicted-labels.ts'
import { readTruth } from '../evaluation/truth-input.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import type { InstanceClient } from '../http/instance-client.ts'
import { addInstanceOptions, connect } from '../instance-options.ts'
import { ProgressLine } from '../progress-line.ts'
import { count } from '../quantities.ts'

interface EvaluateFlags {
  readonly truth: string
  readonly level: Level
  readonly json?: true
}

/** `evaluate --truth FILE`: how well what the instance has grouped agrees with the truth. */
export function evaluateCommand(context: CommandContext): Command {
  const command = new Command('evaluate')
    .description('judge identities or campaigns by who truly belongs together')
    .requiredOption('--truth <file>', 'attacker,label a line, or JSON; gzip or plain; - is stdin')
    .addOption(
      new Option('--level <level>', 'what to judge')
        .choices(['identity', 'campaign'])
        .default('identity'),
    )
    .option('--json', 'print the outcome as one JSON document')
    .addHelpText('after', examples)
    .action(async (flags: EvaluateFlags) => {
      const client = await connect(command, context)
      try {
        const evaluation = await evaluate(flags, client, context)
        printEvaluation(context.terminal, evaluation, flags.json === true)
        if (evaluation.rejected.length > 0) context.exitWith(exitCodes.failed)
      } finally {
        client.close()
      }
    })
  return addInstanceOptions(command)
}

/** @throws {CommandFailure} there is nothing to judge, or to judge by */
async function evaluate(
  { level, truth: path }: EvaluateFlags,
  client: InstanceClient,
  context: CommandContext,
): Promise<Evaluation> {
  const { terminal } = context
  const { labels: truth, rejected } = await readTruth(path, terminal.input)
  const progress = new ProgressLine(terminal)
  const onProgress = (rows: number) => progress.update(() => `${count(rows)} rows read`)
  try {
    const attackers = new Set(truth.keys())
    const request = { client, level, signal: context.interruption(), onProgress }
    const { labels, lag, others } = await predictedLabels(attackers, request)
    const judgement = judge(truth, labels)
    if (judgement.judged === 0) throw nothingInCommon(level, truth.size)
    return { ...judgement, unlabelled: others, level, rejected, lag }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
    throw new CommandFailure('interrupted: nothing was judged', { cause: error })
  } finally {
    progress.clear()
  }
}

function nothingInCommon(level: Level, attackers: number): CommandFailure {
  const what = level === 'identity' ? 'has an identity' : 'is in a campaign'
  return new CommandFailure(
    `none of the ${count(attackers)} attackers of the truth ${what} at this instance: is it the ` +
      'right instance, and are these the attacker_uuids that were sent to it?',
  )
}

const examples = `
The truth is a line an attacker: attacker,label (CSV, quotes as usual) or
{"attacker_uuid": "…", "label": "…"}. Equal labels belong together; the text means nothing.

Examples:
  $ attribution-streams evaluate --truth truth.csv
  $ attribution-streams evaluate --truth truth.jsonl.gz --level campaign --json | jq .metrics

Exit code 1: a line was left out, there was nothing to judge, or no answer.
`
