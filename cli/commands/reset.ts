import { Command, Option } from 'commander'
import type { ResetSelection, ResetTarget } from '../../runtime/reset.ts'
import type { CommandContext } from '../command-context.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { logSettings } from '../open-broker.ts'
import { datetime, offset } from '../option-values.ts'

interface ResetFlags {
  readonly toEarliest?: true
  readonly toOffset?: number
  readonly toDatetime?: number
  readonly topic?: readonly string[]
  readonly partition?: readonly number[]
  readonly others?: 'earliest' | 'stay'
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
    .option('--partition <list>', 'only these partitions of it, such as 0,2', partitionList)
    .addOption(
      new Option('--others <what>', 'what the inputs not named do').choices(['earliest', 'stay']),
    )
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
      const selection = selectionOf(flags)
      const request = { config, target, selection, execute, json: flags.json === true }
      await runReset(request, context.terminal)
    })
  return addConfigOptions(reset, logSettings)
}

function selectionOf({ topic, partition, others }: ResetFlags): ResetSelection {
  if (partition !== undefined && topic === undefined) {
    throw misuse('--partition needs the --topic whose partitions are meant')
  }
  return {
    ...(topic === undefined ? {} : { topics: topic }),
    ...(partition === undefined ? {} : { partitions: partition }),
    ...(others === undefined ? {} : { others }),
  }
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

function partitionList(text: string): number[] {
  return text.split(',').map(offset)
}

function collect(topic: string, before: readonly string[] = []): string[] {
  return [...before, topic]
}

const examples = `
Examples:
  $ attribution-streams reset --to-earliest
  $ attribution-streams reset --to-datetime 2026-01-31T09:00:00Z --execute
  $ attribution-streams reset --to-offset 500 --topic attacker.observation --partition 0,2 \\
      --others earliest
  $ attribution-streams reset --to-earliest --execute --json

Stop the instances first. State is deleted whole: with only some inputs named, say with --others
whether the rest is read again from earliest, or stays where it is and is missing from the state.
Exit code 1: an instance is alive, or there is nothing to reset.
`
