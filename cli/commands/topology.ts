import { Command, Option } from 'commander'
import type { TopologyDescription } from '../../topology/describe.ts'
import type { CommandContext } from '../command-context.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import type { SettingKey } from '../config/settings.ts'
import { printJson } from '../terminal.ts'

type Format = keyof TopologyDescription

/** Settings that the topology depends on. */
const topologySettings: readonly SettingKey[] = [
  'observationTopics',
  'outputFormat',
  'multiActorWindowMs',
  'multiActorMinPrimitives',
  'identityClusterer',
  'genericEvidenceLimit',
  'maxFutureSkewMs',
  'observationRetentionMs',
]

/** `topology describe`: what is computed, without starting it. */
export function topologyCommand(context: CommandContext): Command {
  const command = new Command('describe')
    .description('print sub-topologies, nodes, stores and topics')
    .addOption(
      new Option('--format <format>', 'how to write it')
        .choices(['text', 'json', 'dot', 'mermaid'])
        .default('text'),
    )
    .option('--json', 'the same as --format json')
    .addHelpText('after', examples)
    .action(async ({ format, json }: { format: Format; json?: true }) => {
      const { config } = await resolveFor(command, context)
      // Loaded here: see start.ts.
      const { configuredTopology } = await import('../engine.ts')
      const { describe } = await import('../../topology/describe.ts')
      const description = describe(configuredTopology(config))
      const wanted = json === true ? 'json' : format
      if (wanted === 'json') printJson(context.terminal.out, description.json)
      else context.terminal.out.write(`${description[wanted].trimEnd()}\n`)
    })
  addConfigOptions(command, topologySettings)
  return new Command('topology').description('look at the topology').addCommand(command)
}

const examples = `
Examples:
  $ attribution-streams topology describe
  $ attribution-streams topology describe --format dot | dot -Tsvg > topology.svg
  $ attribution-streams topology describe --json | jq '.subTopologies[].stores'
`
