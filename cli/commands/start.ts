import path from 'node:path'
import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import type { Resolution } from '../config/resolve-config.ts'
import { settingKeys } from '../config/settings.ts'

interface StartOptions {
  readonly sample?: true
  readonly json?: true
}

/** `start [--sample]`: runs the product in this process until it is told to stop. */
export function startCommand(context: CommandContext): Command {
  const start = new Command('start')
    .description('run an instance: log, topology and HTTP in this process')
    .option('--sample', 'keep state in STATE_DIR/sample and feed a generated sample once')
    .option('--json', 'print events as one JSON object a line')
    .addHelpText('after', examples)
    .action(async ({ sample, json }: StartOptions, command: Command) => {
      const given = await resolveFor(command, context)
      const resolution = sample === true ? inSample(given) : given
      // Loaded here: commands that only speak HTTP start in a third of the time without it.
      const { runInstance } = await import('../run-instance.ts')
      await runInstance(resolution, { sample: sample === true, json: json === true }, context)
    })
  return addConfigOptions(
    start,
    settingKeys.filter((key) => key !== 'attributionToken'),
  )
}

function inSample({ config, sources }: Resolution): Resolution {
  return { config: { ...config, stateDir: path.join(config.stateDir, 'sample') }, sources }
}

const examples = `
Examples:
  $ attribution-streams start
  $ attribution-streams start --sample --port 0
  $ STATE_DIR=/var/lib/attribution attribution-streams start --config streams.yaml

SIGINT or SIGTERM stops within 10 s, committing first; a second one ends at once.
`
