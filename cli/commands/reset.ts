import { Command, InvalidArgumentError } from 'commander'
import type { ResetTarget } from '../../runtime/reset.ts'
import type { CommandContext } from '../command-context.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import { CommandFailure, exitCodes } from '../failure.ts'

interface ResetFlags {
  readonly toEarliest?: true
  readonly toOffset?: number
  readonly toDatetime?: number
  readonly topic?: readonly string[]
  readonly dryRun?: true
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
      const execute = flags.execute === true
      if (execute && flags.dryRun === true) {
        throw misuse('--dry-run and --execute exclude each other')
      }
      const { config } = await resolveFor(command, context)
      // Loaded here: see start.ts.
      const { runReset } = await import('../run-reset.ts')
      const topics = flags.topic ?? null
      const request = { config, target, topics, execute, json: flags.json === true }
      await runReset(request, context.terminal)
    })
  return addConfigOptions(reset, ['applicationId', 'stateDir'])
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
