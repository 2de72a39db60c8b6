import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import { describeConfig, type DescribedSetting } from '../config/describe-config.ts'
import { settingKeys } from '../config/settings.ts'
import { printJson, printLine, type Terminal } from '../terminal.ts'
import { textTable } from '../text-table.ts'

/** `config check`: resolves the configuration as `start` would and shows where each value is from. */
export function configCommand(context: CommandContext): Command {
  const check = new Command('check')
    .description('check the configuration and show it, secrets left out')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples)
    .action(async ({ json }: { json?: true }, command: Command) => {
      const described = describeConfig(await resolveFor(command, context))
      if (json === true) printJson(context.terminal.out, { settings: described })
      else printConfig(context.terminal, described)
    })
  addConfigOptions(check, settingKeys)
  return new Command('config').description('look at the configuration').addCommand(check)
}

function printConfig({ out, outColors }: Terminal, described: readonly DescribedSetting[]): void {
  const rows = described.map(({ name, value, unit, source }) => [
    name,
    value === '' ? '-' : value,
    unit ?? '',
    source,
  ])
  const columns = [{ title: 'SETTING' }, { title: 'VALUE' }, { title: 'UNIT' }, { title: 'SOURCE' }]
  const lines = textTable(columns, rows, outColors.bold, (line, row) =>
    described[row]?.source === 'default' ? outColors.dim(line) : line,
  )
  for (const line of lines) printLine(out, line)
}

const examples = `
Examples:
  $ attribution-streams config check
  $ PORT=9090 attribution-streams config check --config streams.yaml
  $ attribution-streams config check --json
`
