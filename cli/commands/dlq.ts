import { Command, InvalidArgumentError } from 'commander'
import type { DeadLetterAddress, DeadLetterFilter } from '../../state/dead-letter-port.ts'
import type { CommandContext } from '../command-context.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import type { SettingKey } from '../config/settings.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { logSettings } from '../open-broker.ts'
import { datetime, positive } from '../option-values.ts'

const LISTED = 50

const dlqSettings: readonly SettingKey[] = [...logSettings, 'observationTopics']

interface FilterFlags {
  readonly topic?: string
  readonly error?: string
  readonly since?: number
  readonly offsets?: readonly DeadLetterAddress[]
  readonly json?: true
}

/** `dlq list|show|replay`: records that could not be processed, and sending them back. */
export function dlqCommand(context: CommandContext): Command {
  return new Command('dlq')
    .description('look at records that could not be processed, and send them back')
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(replayCommand(context))
}

function listCommand(context: CommandContext): Command {
  const list = filtered(new Command('list'))
    .description('list dead letters, the newest last')
    .option('--since <iso>', 'only records of this time or later', datetime)
    .option('--limit <n>', `the newest n (default: ${LISTED})`, positive)
    .option('--json', 'print one JSON document')
    .addHelpText('after', examplesOf('list', ['', '--error DeserializationError --limit 10']))
    .action(async (flags: FilterFlags & { limit?: number }, command: Command) => {
      const { config } = await resolveFor(command, context)
      // Loaded here: see start.ts.
      const { listDeadLetters } = await import('../run-dlq.ts')
      const request = { filter: filterOf(flags), limit: flags.limit ?? LISTED, ...asJson(flags) }
      await listDeadLetters(config, request, context.terminal)
    })
  return addConfigOptions(list, dlqSettings)
}

function showCommand(context: CommandContext): Command {
  const show = new Command('show')
    .description('show a dead letter whole')
    .argument('<partition:offset>', 'where it lies, as list tells', address)
    .option('--json', 'print one JSON document')
    .addHelpText('after', examplesOf('show', ['0:12', '0:12 --json | jq .value.content']))
    .action(async (at: DeadLetterAddress, flags: FilterFlags, command: Command) => {
      const { config } = await resolveFor(command, context)
      const { showDeadLetter } = await import('../run-dlq.ts')
      await showDeadLetter(config, { at, ...asJson(flags) }, context.terminal)
    })
  return addConfigOptions(show, dlqSettings)
}

interface ReplayFlags extends FilterFlags {
  readonly all?: true
  readonly again?: true
  readonly execute?: true
}

function replayCommand(context: CommandContext): Command {
  const replay = filtered(new Command('replay'))
    .description('send dead letters back to where they came from; without --execute only say so')
    .option('--offsets <list>', 'only these, such as 0:12,0:15', addresses)
    .option('--all', 'every dead letter')
    .option('--again', 'those that were sent back before, too')
    .option('--execute', 'do it')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examplesOf('replay', ['--all', '--offsets 0:12,0:15 --execute']))
    .action(async (flags: ReplayFlags, command: Command) => {
      const filter = filterOf(flags)
      if ((Object.keys(filter).length === 0) !== (flags.all === true)) {
        const message = 'give --all, or what to send by --topic, --error and --offsets'
        throw new CommandFailure(message, { exitCode: exitCodes.misused })
      }
      const { config } = await resolveFor(command, context)
      const { replayDeadLetters } = await import('../run-dlq.ts')
      const execute = flags.execute === true
      const request = { filter, again: flags.again === true, execute, ...asJson(flags) }
      const isWhole = await replayDeadLetters(config, request, context.terminal)
      if (!isWhole) context.exitWith(exitCodes.failed)
    })
  return addConfigOptions(replay, dlqSettings)
}

function filtered(command: Command): Command {
  return command
    .option('--topic <name>', 'only records that came from this topic')
    .option('--error <class>', 'only this class or code of error')
}

function filterOf({ topic, error, since, offsets }: FilterFlags): DeadLetterFilter {
  return {
    ...(topic === undefined ? {} : { topic }),
    ...(error === undefined ? {} : { error }),
    ...(since === undefined ? {} : { sinceMs: since }),
    ...(offsets === undefined ? {} : { addresses: offsets }),
  }
}

function asJson({ json }: FilterFlags): { json: boolean } {
  return { json: json === true }
}

function address(text: string): DeadLetterAddress {
  const [, partition, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(text) ?? []
  if (partition === undefined || offset === undefined) {
    throw new InvalidArgumentError('expected partition:offset, such as 0:12')
  }
  return { partition: Number(partition), offset: Number(offset) }
}

function addresses(text: string): DeadLetterAddress[] {
  return text.split(',').map(address)
}

function examplesOf(name: string, uses: readonly string[]): string {
  const lines = uses.map((use) => `  $ ${`attribution-streams dlq ${name} ${use}`.trimEnd()}`)
  return `
Examples:
${lines.join('\n')}

While an instance runs on the embedded log, ask it: GET /api/v1/dead-letters and POST
/api/v1/dead-letters/replay. Exit code 1: ${exitTexts[name]}.
`
}

const exitTexts: Readonly<Record<string, string>> = {
  list: 'the log cannot be opened',
  show: 'no dead letter lies there, or the log cannot be opened',
  replay: 'a dead letter that was asked for could not be sent, or does not exist',
}
