import { Command, InvalidArgumentError } from 'commander'
import type { PartitionOffset } from '../../broker/port.ts'
import type { RangeBound } from '../../runtime/replay/replay-range.ts'
import type { CommandContext } from '../command-context.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import { settingKeys, type SettingKey } from '../config/settings.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { datetime, offset } from '../option-values.ts'

interface ReplayFlags {
  readonly from?: RangeBound
  readonly to?: RangeBound
  readonly as: string
  readonly delete?: true
  readonly discard?: true
  readonly json?: true
}

/** Settings of the HTTP server, which a replay does not have. */
const httpSettings: readonly SettingKey[] = [
  'host',
  'port',
  'apiTokensRead',
  'apiTokensWrite',
  'apiTokensAdmin',
  'attributionToken',
]

/** `replay --as NAME`: the topology once more, over a range of its input, and what differs. */
export function replayCommand(context: CommandContext): Command {
  const replay = new Command('replay')
    .description(
      'run the topology over a range of its input, beside what it published, and compare',
    )
    .requiredOption('--as <name>', 'names its topics, positions and state', replayName)
    .option('--from <where>', 'where the range begins (default: earliest)', bound)
    .option('--to <where>', 'where it ends, exclusively (default: latest)', bound)
    .option('--delete', 'delete its topics and state afterwards')
    .option('--discard', 'only delete what an earlier replay of this name left')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples)
    .action(async (flags: ReplayFlags, command: Command) => {
      const { from, to } = flags
      const isDiscard = flags.discard === true
      if (isDiscard && (from !== undefined || to !== undefined || flags.delete === true)) {
        const message = '--discard only deletes: it goes with --as alone'
        throw new CommandFailure(message, { exitCode: exitCodes.misused })
      }
      const { config } = await resolveFor(command, context)
      const { discard, replay: run } = await import('../run-replay.ts')
      const json = flags.json === true
      if (isDiscard) {
        await discard(config, { name: flags.as, json }, context.terminal)
        return
      }
      const bounds = { from: from ?? { at: 'earliest' }, to: to ?? { at: 'latest' } } as const
      const request = { name: flags.as, bounds, deletes: flags.delete === true, json }
      const isEqual = await run(config, request, context)
      if (!isEqual) context.exitWith(exitCodes.failed)
    })
  return addConfigOptions(
    replay,
    settingKeys.filter((key) => !httpSettings.includes(key)),
  )
}

/** The name is also that of a folder: it does not begin with a dot. */
function replayName(text: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(text)) return text
  throw new InvalidArgumentError(
    'expected a letter or digit, then up to 99 letters, digits, dots, dashes or underscores',
  )
}

function bound(text: string): RangeBound {
  if (text === 'earliest' || text === 'latest') return { at: text }
  if (/^\d{1,15}$/.test(text)) return { at: 'offset', offset: offset(text) }
  if (text.includes('=')) return { at: 'offsets', offsets: text.split(',').map(partitionOffset) }
  return { at: 'time', timestampMs: datetime(text) }
}

function partitionOffset(text: string): PartitionOffset {
  const [, topic, partition, at] = /^([\w.-]{1,249}):(\d{1,9})=(\d{1,15})$/.exec(text) ?? []
  if (topic === undefined || partition === undefined || at === undefined) {
    throw new InvalidArgumentError('expected topic:partition=offset,…')
  }
  return { topic, partition: Number(partition), offset: Number(at) }
}

const examples = `
Where a range begins or ends: earliest, latest, a time such as 2026-01-31T09:00:00Z, an offset for
every partition, or topic:partition=offset,… for some. Compacted inputs are read from their start.

Examples:
  $ attribution-streams replay --as check --delete
  $ attribution-streams replay --as try-1 --to 2026-01-31T09:00:00Z
  $ attribution-streams replay --as try-2 --max-future-skew-ms 60000 --json
  $ attribution-streams replay --as try-1 --discard

On the embedded log, stop the instance first: the state directory can have one owner. Exit code 1:
state changes differ from the live ones without an explanation, or the replay could not be done.
`
