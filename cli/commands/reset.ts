import { access } from 'node:fs/promises'
import path from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { executeReset, planReset, type ResetPlan, type ResetTarget } from '../../runtime/reset.ts'
import type { CommandContext } from '../command-context.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import { settingKeys, type ResolvedConfig } from '../config/settings.ts'
import { configuredTopology, openEmbeddedLog, wipeState } from '../engine.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { count } from '../quantities.ts'
import { startFailure } from '../start-failure.ts'
import { printJson, printLine, type Terminal } from '../terminal.ts'
import { textTable } from '../text-table.ts'

interface ResetFlags {
  readonly toEarliest?: true
  readonly toOffset?: number
  readonly toDatetime?: number
  readonly topic?: readonly string[]
  readonly execute?: true
  readonly json?: true
}

/** `reset`: what the application has read is read again from another place. Dry run by default. */
export function resetCommand(context: CommandContext): Command {
  const reset = new Command('reset')
    .description('read the input again from another place; without --execute only show the plan')
    .option('--to-earliest', 'from the first record that the log still has')
    .option('--to-offset <n>', 'from an offset, or the nearest that exists', offset)
    .option('--to-datetime <iso>', 'from the first record appended at or after a time', datetime)
    .option('--topic <name>', 'only this input topic; may be given several times', collect)
    .option('--dry-run', 'show the plan and change nothing (the default)')
    .option('--execute', 'do it: outputs of the input read again are written again')
    .option('--json', 'print the plan as one JSON document')
    .addHelpText('after', examples)
    .action(async (flags: ResetFlags, command: Command) => {
      const target = targetOf(flags)
      if (flags.execute === true && command.getOptionValue('dryRun') === true) {
        throw misuse('--dry-run and --execute exclude each other')
      }
      const { config } = await resolveFor(command, context)
      await run(config, target, flags, context.terminal)
    })
  return addConfigOptions(
    reset,
    settingKeys.filter((key) => key === 'applicationId' || key === 'stateDir'),
  )
}

async function run(
  config: ResolvedConfig,
  target: ResetTarget,
  flags: ResetFlags,
  terminal: Terminal,
): Promise<void> {
  await assertLog(config)
  const log = await openEmbeddedLog(config).catch((error: unknown) => {
    throw startFailure(error, config)
  })
  try {
    const options = {
      applicationId: config.applicationId,
      topology: configuredTopology(config),
      broker: log.broker,
      target,
      wipeState: () => wipeState(config),
      ...(flags.topic === undefined ? {} : { topics: flags.topic }),
    }
    const plan = await planReset(options).catch((error: unknown) => {
      throw startFailure(error, config)
    })
    const executed = flags.execute === true
    if (executed) await executeReset(options, plan)
    if (flags.json === true) printJson(terminal.out, { executed, ...plan })
    else printPlan(terminal, plan, executed)
  } finally {
    await log.close()
  }
}

/** Opening would make an empty log where there is none. */
async function assertLog({ stateDir }: ResolvedConfig): Promise<void> {
  try {
    await access(path.join(stateDir, 'log'))
  } catch (error) {
    throw new CommandFailure(`there is no log in ${stateDir}: nothing to reset`, { cause: error })
  }
}

function printPlan({ out, outColors }: Terminal, plan: ResetPlan, executed: boolean): void {
  const rows = plan.offsets.map(({ topic, partition, from, to }) => [
    topic,
    String(partition),
    from === null ? '-' : count(from),
    count(to),
  ])
  const columns = [
    { title: 'TOPIC' },
    { title: 'PARTITION', align: 'right' },
    { title: 'FROM', align: 'right' },
    { title: 'TO', align: 'right' },
  ] as const
  printLine(out, `application ${outColors.bold(plan.applicationId)}`)
  for (const line of textTable(columns, rows, outColors.bold)) printLine(out, line)
  const verb = executed ? 'deleted' : 'would delete'
  printLine(out, `${verb} the local state and ${plan.deletedTopics.length} internal topics:`)
  for (const topic of plan.deletedTopics) printLine(out, `  ${topic}`)
  printLine(
    out,
    executed ? 'done; the next start reads again' : 'nothing was changed: add --execute',
  )
}

function targetOf({ toEarliest, toOffset, toDatetime }: ResetFlags): ResetTarget {
  const targets: ResetTarget[] = []
  if (toEarliest === true) targets.push({ to: 'earliest' })
  if (toOffset !== undefined) targets.push({ to: 'offset', offset: toOffset })
  if (toDatetime !== undefined) targets.push({ to: 'time', timestampMs: toDatetime })
  const [target] = targets
  if (target === undefined || targets.length > 1) {
    throw misuse('give one of --to-earliest, --to-offset and --to-datetime')
  }
  return target
}

function misuse(message: string): CommandFailure {
  return new CommandFailure(message, { exitCode: exitCodes.misused })
}

function offset(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('expected a whole number, at least 0')
  }
  return value
}

/** A time without a zone would mean something else on the next machine. */
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

function datetime(text: string): number {
  const value = isoTime.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(value)) {
    throw new InvalidArgumentError('expected 2026-01-31 or 2026-01-31T09:00:00Z, with its zone')
  }
  return value
}

function collect(topic: string, before: readonly string[] = []): string[] {
  return [...before, topic]
}

const examples = `
Examples:
  $ attribution-streams reset --to-earliest
  $ attribution-streams reset --to-datetime 2026-01-31T09:00:00Z --execute
  $ attribution-streams reset --to-offset 0 --topic attacker.observation --execute --json

Stop the instance first: the state directory can have one owner. Exit code 1: it has another, or
there is nothing to reset.
`
